#include "python/python.hpp"
#include "words/page_text.hpp"

#include <numeric>

namespace moderation {
namespace {

// -- characters and dictionary

void mark(Characters& characters, std::uint32_t what, const py::handle& members) {
    for (const char32_t c : to_text(members))
        if (c < 0x10000) characters.table[c] |= what;
}

// What each character sounds like.
void add_sounds(Characters& characters, const py::dict& sounds, const py::dict& syllables) {
    for (const auto& [from, to] : sounds) {
        const Text one = to_text(from), other = to_text(to);
        if (one.size() == 1 && one[0] < 0x10000) characters.sounds[one[0]] = static_cast<std::uint16_t>(other.at(0));
    }
    for (const auto& [name, sound] : syllables) {
        const auto syllable = name.cast<std::string>();
        characters.syllables[syllable] = to_text(sound).at(0);
        characters.longest_syllable = std::max(characters.longest_syllable, syllable.size());
    }
}

// The classes of characters, and what each is folded to where that is one character.
void add_classes(Characters& characters, const py::dict& folding) {
    using C = Characters;
    for (const auto& [name, is] :
         std::initializer_list<std::pair<const char*, std::uint32_t>>{{"alike", C::alike},
                                                                      {"sign", C::sign},
                                                                      {"filler", C::filler},
                                                                      {"split_first", C::split_first},
                                                                      {"split_second", C::split_second}})
        mark(characters, is, folding[name]);
    // A character brings the classes of what it is folded to, and some of its own.
    const Text from = to_text(folding["from"]), to = to_text(folding["to"]);
    const std::vector<std::uint32_t> plain = characters.table;
    for (std::size_t at = 0; at < from.size(); ++at)
        if (from[at] < 0x10000)
            characters.table[from[at]] =
                to.at(at) < 0x10000 ? plain[to[at]] : static_cast<std::uint32_t>(from[at]) | C::uneven;
    for (const auto& [name, is] :
         std::initializer_list<std::pair<const char*, std::uint32_t>>{{"uneven", C::uneven},
                                                                      {"misread", C::misread},
                                                                      {"wrong_first", C::wrong_first},
                                                                      {"wrong_second", C::wrong_second},
                                                                      {"toned", C::toned},
                                                                      {"traditional", C::traditional},
                                                                      {"simplified", C::simplified}})
        mark(characters, is, folding[name]);
    for (const char32_t c : to_text(folding["dropped"]))
        if (c < 0x10000) characters.table[c] = C::uneven;
    characters.one.resize(characters.table.size());
    std::iota(characters.one.begin(), characters.one.end(), U'\0');
    for (std::size_t at = 0; at < from.size(); ++at)
        if (from[at] < 0x10000) characters.one[from[at]] = to.at(at);
}

// What several characters are folded to, or one to several.
void add_sequences(Characters& characters, const py::dict& folding) {
    for (const char32_t c : to_text(folding["gloss"])) characters.gloss.insert(c);
    for (const auto& [pair, one] : py::reinterpret_borrow<py::dict>(folding["splits"])) {
        const Text both = to_text(pair);
        if (both.size() != 2) continue;
        characters.split[std::uint64_t{both[0]} << 32 | both[1]] = to_text(one);
        if (both[0] < 0x10000 && both[1] < 0x10000)
            characters.splits.insert(static_cast<std::uint32_t>(both[0] << 16 | both[1]));
    }
    for (const auto& [character, several] : py::reinterpret_borrow<py::dict>(folding["several"]))
        characters.several[to_text(character).at(0)] = to_text(several);
    for (const auto& [character, latin] : py::reinterpret_borrow<py::dict>(folding["likeness"]))
        characters.likeness[to_text(character).at(0)] = to_text(latin).at(0);
    for (const auto& each : py::reinterpret_borrow<py::iterable>(folding["glossed"])) {
        characters.glossed.insert(each.cast<std::string>());
        characters.longest_glossed = std::max(characters.longest_glossed, each.cast<std::string>().size());
    }
}

// What is known of every character by itself; `folding` adds what stages/normalize.py knows.
std::shared_ptr<Characters> make_characters(const py::dict& sounds, const py::dict& syllables,
                                            const std::vector<std::string>& domains, const py::dict& folding) {
    using C = Characters;
    auto made = std::make_shared<Characters>();
    for (std::uint32_t c = 0; c < 0x10000; ++c) {
        made->table[c] = C::plain(c);
        made->sounds[c] = static_cast<std::uint16_t>(c);
    }
    add_sounds(*made, sounds, syllables);
    made->domains.insert(domains.begin(), domains.end());
    if (folding.empty()) return made;
    add_classes(*made, folding);
    add_sequences(*made, folding);
    return made;
}

// The words of a folded text as `tokens.tokenize` gives them.
py::tuple tokenize(const Characters& characters, const Dictionary& dictionary, const py::str& folded) {
    const Text text = to_text(folded);
    std::vector<Span> segments;
    std::vector<Part> parts;
    split(characters, text, segments, parts);
    py::list words, starts, ends, of, first;
    Dictionary::Scratch scratch;
    std::vector<CutWord> cut;
    std::uint32_t next = 0;
    for (const Part& part : parts) {
        for (; next <= part.segment; ++next) first.append(words.size());
        cut_part(dictionary, text, part, scratch, cut);
        for (const CutWord& word : cut) {
            const View name = View(text).substr(word.start, word.end - word.start);
            words.append(part.kind == Part::address   ? py::str("<url>")
                         : is_number(name)            ? py::str("<num>")
                         : name.size() > limits::word ? py::str("<long>")
                                                      : to_str(name));
            starts.append(word.start);
            ends.append(word.end);
            of.append(part.segment);
        }
    }
    for (; next <= segments.size(); ++next) first.append(words.size());
    return py::make_tuple(words, starts, ends, of, first, separators(text, segments.begin(), segments.end()));
}

}  // namespace

void bind_text(py::module_& module) {
    using namespace pybind11::literals;

    py::class_<Characters, std::shared_ptr<Characters>>(module, "Characters")
        .def(py::init(&make_characters), "sounds"_a, "syllables"_a, "domains"_a, "folding"_a = py::dict())
        .def(
            "script",
            [](const Characters& characters, const py::str& text) {
                const Scripts found = characters.scripts(to_text(text));
                return py::make_tuple(found.traditional, found.simplified);
            },
            "text"_a)
        .def(
            "fold",
            [](const Characters& characters, const py::str& text) -> py::object {
                Text folded;
                std::vector<Piece> pieces;
                if (!fold_by_table(characters, to_text(text), folded, pieces)) return py::none();
                return py::make_tuple(to_str(folded), to_list(pieces));
            },
            "text"_a)
        .def(
            "fold_steps",
            [](const Characters& characters, const py::str& text, const py::function& repairs) {
                const Text points = to_text(text);
                Text folded;
                std::vector<Piece> pieces;
                std::vector<Change> changes;
                if (may_be_misread(characters, points)) changes = changes_of(repairs(text));
                fold(characters, points, changes, folded, pieces);
                return py::make_tuple(to_str(folded), to_list(pieces));
            },
            "text"_a, "repairs"_a);
    py::class_<Dictionary, std::shared_ptr<Dictionary>>(module, "Dictionary")
        .def(py::init([](const py::bytes& lines) { return std::make_shared<Dictionary>(std::string_view(lines)); }),
             "lines"_a)
        .def(
            "cut",
            [](const Dictionary& dictionary, const py::str& text) {
                const Text points = to_text(text);
                Dictionary::Scratch scratch;
                std::vector<CutWord> words;
                dictionary.cut(points, 0, scratch, words);
                py::list out;
                for (const CutWord& word : words)
                    out.append(to_str(View(points).substr(word.start, word.end - word.start)));
                return out;
            },
            "text"_a);
    module.def("tokenize", &tokenize, "characters"_a, "dictionary"_a, "text"_a);
    module.def(
        "forms",
        [](const Characters& characters, const py::str& word) {
            const Forms made = forms_of(to_text(word), characters);
            return py::make_tuple(to_str(made.digitless), to_str(made.sounds));
        },
        "characters"_a, "word"_a);
}

}  // namespace moderation
