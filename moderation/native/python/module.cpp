// `moderation._native`, typed in _native.pyi.
#include "limits.hpp"
#include "python/python.hpp"

PYBIND11_MODULE(_native, module) {
    using namespace moderation;
    bind_text(module);
    bind_engine(module);
    // What docs/security.md says of the engine's limits is held to these.
    py::dict all;
    all["block"] = limits::block;
    all["element_name"] = limits::element_name;
    all["element_names"] = limits::element_names;
    all["depth"] = limits::depth;
    all["word"] = limits::word;
    all["script_tokens"] = limits::script_tokens;
    all["pieced_code"] = limits::pieced_code;
    all["frames"] = limits::frames;
    all["lexicon"] = limits::lexicon;
    all["steps"] = limits::steps;
    all["judged"] = limits::steps / limits::candidate;
    module.attr("LIMITS") = all;
}
