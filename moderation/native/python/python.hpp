// Between Python's objects and ours.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <vector>

#include "html/outline.hpp"
#include "text/folding.hpp"

namespace moderation {

namespace py = pybind11;

inline py::str to_str(View text) {
    return py::reinterpret_steal<py::str>(
        PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text.data(), static_cast<Py_ssize_t>(text.size())));
}

inline Source source_of(const py::str& text) {
    return {PyUnicode_DATA(text.ptr()), static_cast<int>(PyUnicode_KIND(text.ptr())),
            static_cast<std::uint32_t>(PyUnicode_GET_LENGTH(text.ptr()))};
}

inline Text to_text(const py::handle& text) {
    Text out(static_cast<std::size_t>(PyUnicode_GET_LENGTH(text.ptr())), U'\0');
    if (!out.empty() &&
        !PyUnicode_AsUCS4(text.ptr(), reinterpret_cast<Py_UCS4*>(out.data()), static_cast<Py_ssize_t>(out.size()), 0))
        throw py::error_already_set();
    return out;
}

template <class Item>
py::array_t<Item> to_array(const std::vector<Item>& items) {
    return py::array_t<Item>(static_cast<py::ssize_t>(items.size()), items.data());
}

inline py::list to_list(const std::vector<Piece>& pieces, std::size_t first = 0, std::size_t last = ~std::size_t{0}) {
    py::list out;
    for (std::size_t at = first; at < std::min(last, pieces.size()); ++at)
        out.append(py::make_tuple(pieces[at].start, pieces[at].origin, pieces[at].width));
    return out;
}

// Changes that Python gives as (start, end, text), in order and apart.
inline std::vector<Change> changes_of(const py::iterable& given) {
    std::vector<Change> changes;
    for (const auto& each : given) {
        const auto change = py::reinterpret_borrow<py::tuple>(each);
        changes.push_back({change[0].cast<std::uint32_t>(), change[1].cast<std::uint32_t>(), to_text(change[2])});
    }
    return changes;
}

// What stands before each of some segments of a text.
template <class Segments>
py::list separators(View text, Segments segment, Segments end) {
    py::list out;
    std::uint32_t behind = 0;
    for (; segment != end; ++segment) {
        out.append(to_str(text.substr(behind, segment->start - behind)));
        behind = segment->end;
    }
    return out;
}

// What Python sees of the parts that read texts, and of the engine that reads pages.
void bind_text(py::module_& module);
void bind_engine(py::module_& module);

}  // namespace moderation
