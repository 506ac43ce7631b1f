// `moderation._native`, typed in _native.pyi.
#include "python.hpp"

PYBIND11_MODULE(_native, module) {
    moderation::bind_text(module);
    moderation::bind_engine(module);
}
