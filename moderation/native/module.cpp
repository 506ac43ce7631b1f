// What Python sees of the engine: `moderation._native`, typed in _native.pyi.
#include <pybind11/pybind11.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <unordered_set>

#include "markup.hpp"
#include "styles.hpp"
#include "study.hpp"
#include "surroundings.hpp"
#include "utf8.hpp"

namespace py = pybind11;

namespace moderation {
namespace {

py::str to_str(View text) {
    return py::reinterpret_steal<py::str>(
        PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, text.data(), static_cast<Py_ssize_t>(text.size())));
}

Source source_of(const py::str& text) {
    return {PyUnicode_DATA(text.ptr()), static_cast<int>(PyUnicode_KIND(text.ptr())),
            static_cast<std::uint32_t>(PyUnicode_GET_LENGTH(text.ptr()))};
}

Text to_text(const py::handle& text) {
    Text out(static_cast<std::size_t>(PyUnicode_GET_LENGTH(text.ptr())), U'\0');
    if (!out.empty() && !PyUnicode_AsUCS4(text.ptr(), reinterpret_cast<Py_UCS4*>(out.data()),
                                          static_cast<Py_ssize_t>(out.size()), 0))
        throw py::error_already_set();
    return out;
}

// -- characters and dictionary

void mark(Characters& characters, std::uint32_t what, const py::handle& members) {
    for (const char32_t c : to_text(members))
        if (c < 0x10000) characters.table[c] |= what;
}

// What is known of every character by itself; `folding` adds what stages/normalize.py knows.
std::shared_ptr<Characters> make_characters(const py::dict& sounds, const py::dict& syllables,
                                            const std::vector<std::string>& domains, const py::dict& folding) {
    using C = Characters;
    auto made = std::make_shared<Characters>();
    for (std::uint32_t c = 0; c < 0x10000; ++c) {
        std::uint32_t is = c;
        const bool is_han = c == 0x3005 || c == 0x3007 || (c >= 0x3400 && c <= 0x9fff);
        if (Py_UNICODE_ISALNUM(c) && c != U'丨') is |= C::word;
        if (is & C::word && !Py_UNICODE_ISDECIMAL(c) && !(c >= 'a' && c <= 'z') && !is_han) is |= C::other;
        if (is_ascii_alnum(c) || (c >= 0xdf && c <= 0x52f) || (c >= 0x900 && c <= 0xe7f) || (c >= 0xac00 && c <= 0xd7a3))
            is |= C::blanked;
        if (is_han && c != U'丨') is |= C::han;
        made->table[c] = is;
        made->sounds[c] = static_cast<std::uint16_t>(c);
    }
    for (const auto& [from, to] : sounds) {
        const Text one = to_text(from), other = to_text(to);
        if (one.size() == 1 && one[0] < 0x10000) made->sounds[one[0]] = static_cast<std::uint16_t>(other.at(0));
    }
    for (const auto& [name, sound] : syllables) {
        const auto syllable = name.cast<std::string>();
        made->syllables[syllable] = to_text(sound).at(0);
        made->longest_syllable = std::max(made->longest_syllable, syllable.size());
    }
    made->domains.insert(domains.begin(), domains.end());
    if (folding.empty()) return made;
    for (const char32_t c : to_text(folding["gloss"])) made->gloss.insert(c);
    for (const auto& [name, is] : std::initializer_list<std::pair<const char*, std::uint32_t>>{
             {"alike", C::alike}, {"sign", C::sign}, {"filler", C::filler}, {"split_first", C::split_first},
             {"split_second", C::split_second}})
        mark(*made, is, folding[name]);
    // A character brings the classes of what it is folded to, and some of its own.
    const Text from = to_text(folding["from"]), to = to_text(folding["to"]);
    const std::vector<std::uint32_t> plain = made->table;
    for (std::size_t at = 0; at < from.size(); ++at)
        if (from[at] < 0x10000)
            made->table[from[at]] = to.at(at) < 0x10000 ? plain[to[at]] : static_cast<std::uint32_t>(from[at]) | C::uneven;
    for (const auto& [name, is] : std::initializer_list<std::pair<const char*, std::uint32_t>>{
             {"uneven", C::uneven}, {"misread", C::misread}, {"wrong_first", C::wrong_first}, {"wrong_second", C::wrong_second},
             {"toned", C::toned}, {"traditional", C::traditional}, {"simplified", C::simplified}})
        mark(*made, is, folding[name]);
    for (const char32_t c : to_text(folding["dropped"]))
        if (c < 0x10000) made->table[c] = C::uneven;
    for (const auto& pair : py::reinterpret_borrow<py::iterable>(folding["splits"])) {
        const Text both = to_text(pair);
        if (both.size() == 2 && both[0] < 0x10000 && both[1] < 0x10000)
            made->splits.insert(static_cast<std::uint32_t>(both[0] << 16 | both[1]));
    }
    return made;
}

// The words of a folded text as `tokens.tokenize` gives them, without separators. `found`: the segments of a text with
// addresses, or None to look for them here.
py::tuple tokenize(const Characters& characters, const Dictionary& dictionary, const py::str& folded,
                   const py::object& found) {
    const Text text = to_text(folded);
    std::vector<Span> segments;
    std::vector<Part> parts;
    if (found.is_none()) {
        split(characters, text, segments, parts);
    } else {
        for (const auto& each : found.cast<std::vector<std::tuple<std::uint32_t, std::uint32_t, bool>>>())
            add_segment(characters, text, {std::get<0>(each), std::get<1>(each)}, std::get<2>(each), segments, parts);
    }
    py::list words, starts, ends, of, first;
    Dictionary::Scratch scratch;
    std::vector<CutWord> cut;
    std::uint32_t next = 0;
    for (const Part& part : parts) {
        for (; next <= part.segment; ++next) first.append(words.size());
        cut_part(dictionary, text, part, scratch, cut);
        for (const CutWord& word : cut) {
            const View name = View(text).substr(word.start, word.end - word.start);
            words.append(part.kind == Part::address ? py::str("<url>") : is_number(name) ? py::str("<num>") : to_str(name));
            starts.append(word.start);
            ends.append(word.end);
            of.append(part.segment);
        }
    }
    for (; next <= segments.size(); ++next) first.append(words.size());
    py::list separators;
    std::uint32_t behind = 0;
    for (const Span& segment : segments) {
        separators.append(to_str(View(text).substr(behind, segment.start - behind)));
        behind = segment.end;
    }
    return py::make_tuple(words, starts, ends, of, first, separators);
}

// -- runs, for those who hold words as lists

// The segments of lists, and a view of them.
struct ListedWords {
    std::vector<Segment> segments;
    Words words;

    ListedWords(const std::vector<std::uint32_t>& first, const py::list& separators, std::size_t values) {
        if (first.size() != separators.size() + 1 || first.front() != 0 || first.back() != values ||
            !std::is_sorted(first.begin(), first.end()))
            throw std::invalid_argument("first holds the first word of each segment, and the number of words and values");
        for (std::size_t at = 0; at + 1 < first.size(); ++at)
            segments.push_back({0, 0, first[at], joint_of(to_text(separators[at]))});
        words = {segments.data(), static_cast<std::uint32_t>(segments.size()), 0, first.back()};
    }
};

py::list to_list(const std::vector<Piece>& pieces, std::size_t first = 0, std::size_t last = ~std::size_t{0}) {
    py::list out;
    for (std::size_t at = first; at < std::min(last, pieces.size()); ++at)
        out.append(py::make_tuple(pieces[at].start, pieces[at].origin, pieces[at].width));
    return out;
}

py::list to_list(const std::vector<Run>& runs) {
    py::list out;
    for (const Run run : runs) out.append(py::make_tuple(run.first, run.last));
    return out;
}

// -- a page

// A page that was read, and what was found in it. Holds all that it refers to.
class PageSheet {
public:
    Outline outline;
    Sheet sheet;
    Study study;

    const Line& line(std::size_t number) const { return sheet.lines.at(number); }

    py::tuple block(std::size_t number) const {
        const Block& block = outline.blocks.at(number);
        const py::list pieces = to_list(outline.pieces, block.piece, block.piece_end);
        return py::make_tuple(to_str(outline.of(block)), py::make_tuple(block.start, block.end),
                              static_cast<int>(block.place), py::str(outline.names[block.path]), pieces,
                              py::str(outline.names[block.hidden]), block.coded, number);
    }

    py::list marks() const {
        py::list out;
        for (const Mark& mark : outline.marks)
            out.append(py::make_tuple(mark.code, py::make_tuple(mark.start, mark.end), mark.detail));
        return out;
    }

    py::tuple folded(std::size_t number) const {
        const Line& at = line(number);
        return py::make_tuple(to_str(sheet.folded(at)), to_list(sheet.pieces, at.piece, at.piece_end));
    }

    py::tuple tokens(std::size_t number) const {
        const Line& at = line(number);
        const View text = sheet.folded(at);
        py::list words, starts, ends, segments, first, separators;
        for (std::uint32_t each = at.word; each < at.word_end; ++each) {
            const Word& word = sheet.words[each];
            words.append(to_str(sheet.lexicon->name(word.code)));
            starts.append(word.start);
            ends.append(word.end);
            segments.append(word.segment - at.segment);
        }
        std::uint32_t behind = 0;
        for (std::uint32_t each = at.segment; each < at.segment_end; ++each) {
            const Segment& segment = sheet.segments[each];
            first.append(segment.word - at.word);
            separators.append(to_str(text.substr(behind, segment.start - behind)));
            behind = segment.end;
        }
        first.append(at.word_end - at.word);
        return py::make_tuple(words, starts, ends, segments, first, separators);
    }

    // Of words [first, last) of a line.
    py::list rows(std::size_t number, std::uint32_t first, std::uint32_t last) const {
        py::list out;
        const std::uint32_t end = std::min(last, line(number).word_end - line(number).word) + line(number).word;
        for (std::uint32_t each = line(number).word + first; each < end; ++each) {
            const Word& word = sheet.words[each];
            const Lexicon::Entry& entry = (*sheet.lexicon)[word.code];
            std::vector<std::int32_t> rows(sheet.lexicon->rows(entry), sheet.lexicon->rows_end(entry));
            if (word.pair != no_row) rows.push_back(word.pair);
            if (word.met != no_row) rows.push_back(word.met);
            py::tuple made(rows.size());
            for (std::size_t at = 0; at < rows.size(); ++at) made[at] = py::int_(rows[at]);
            out.append(made);
        }
        return out;
    }

    py::list evidence(std::size_t number) const {
        py::list out;
        for (std::uint32_t each = line(number).word; each < line(number).word_end; ++each)
            out.append(sheet.evidence[each]);
        return out;
    }

    py::list candidates() const {
        py::list out;
        for (const Candidate& each : study.candidates)
            out.append(py::make_tuple(each.line, each.run.first, each.run.last, each.logit,
                                      py::make_tuple(each.text.start, each.text.end), each.copies,
                                      py::tuple(py::cast(each.rows))));
        return out;
    }

    // The lines that hold a run.
    py::list taken() const {
        py::list out;
        for (std::size_t number = 0; number < study.rest.taken.size(); ++number)
            if (study.rest.taken[number]) out.append(number);
        return out;
    }

    // The words of candidates that stand outside of the runs too.
    py::set shared() const {
        std::unordered_set<std::uint32_t> outside;
        for (const auto& [code, times] : study.rest.counts) outside.insert(code);
        py::set words;
        for (const Candidate& each : study.candidates) {
            const std::uint32_t first = line(each.line).word;
            for (std::uint32_t at = first + each.run.first; at < first + each.run.last; ++at)
                if (outside.count(sheet.words[at].code)) words.add(to_str(sheet.lexicon->name(sheet.words[at].code)));
        }
        return words;
    }

    // The text outside of the runs: how many terms it has, its log-odds of spam, and of each label.
    py::tuple rest(const Terms& terms) const {
        std::vector<std::uint8_t> seen(terms.size(), 0);
        std::vector<std::int32_t> rows;
        const auto add = [&](std::int32_t row) {
            if (row == no_row || seen[static_cast<std::size_t>(row)]) return;
            seen[static_cast<std::size_t>(row)] = 1;
            rows.push_back(row);
        };
        for (const auto& [code, times] : study.rest.counts) {
            const Lexicon::Entry& entry = (*sheet.lexicon)[code];
            std::for_each(sheet.lexicon->rows(entry), sheet.lexicon->rows_end(entry), add);
        }
        for (std::size_t at = 0; at < study.rest.mask.size(); ++at) {
            if (!study.rest.mask[at]) continue;
            add(sheet.words[at].pair);
            add(sheet.words[at].met);
        }
        const double score = terms.score_distinct(rows);
        return py::make_tuple(rows.size(), score, terms.label_logits(rows));
    }

    // Code points of the blocks that a reader sees on the page itself.
    std::size_t shown() const {
        std::size_t size = 0;
        for (const Block& block : outline.blocks)
            if (is_shown(block)) size += block.text_end - block.text;
        return size;
    }

    // What is around the lines `taken`, as the fields of `signals.Surroundings` of the same names.
    py::dict surroundings(const std::vector<std::size_t>& taken, const Characters& characters) const {
        std::vector<std::uint8_t> left_out(outline.blocks.size(), 0);
        for (const std::size_t number : taken) left_out.at(number) = 1;
        const Surroundings found = look_around(outline, left_out, characters);
        py::set doubled;
        for (const std::uint32_t name : found.doubled) doubled.add(outline.names[name]);
        py::dict out;
        out["traditional"] = found.traditional;
        out["simplified"] = found.simplified;
        out["glosses"] = found.glosses;
        out["shown"] = found.shown;
        out["doubled"] = doubled;
        out["coded"] = found.coded;
        out["first"] = found.first;
        return out;
    }
};

// What reading markup has to be told.
using Markup = Helpers;

Outline outline_of(const py::str& content, bool is_html, Markup& markup) {
    const Source source = source_of(content);
    return is_html ? read_markup(source, markup) : read_text(source);
}

// How a style hides that is written with characters beyond ASCII and Han; those mean nothing in a style but white space
// and digits.
std::string hiding_style(View style) {
    std::string plain;
    for (const char32_t c : style) {
        const int digit = Py_UNICODE_TODECIMAL(c);
        plain.push_back(c < 0x80             ? static_cast<char>(Py_UNICODE_TOLOWER(c))
                        : Py_UNICODE_ISSPACE(c) ? ' '
                        : digit >= 0            ? static_cast<char>('0' + digit)
                                                : '\x7f');
    }
    return std::string(hiding(plain));
}

std::shared_ptr<Markup> make_markup(const py::dict& entities) {
    std::vector<std::pair<std::string, Text>> names;
    for (const auto& [name, text] : entities) names.emplace_back(name.cast<std::string>(), to_text(text));
    return std::make_shared<Markup>(Markup{Entities(names), hiding_style,
                                           [](char32_t c) { return Py_UNICODE_ISALNUM(c) != 0; },
                                           [](char32_t c) { return Py_UNICODE_TODECIMAL(c); }});
}

// -- the engine

// What the weights of a model's calibration say of the signals that `study` knows by name.
Calibration calibration_of(const py::object& row, double least) {
    Calibration made;
    made.bias = row.attr("bias").cast<double>();
    made.text = row.attr("text").cast<double>();
    made.cap = row.attr("cap").cast<double>();
    made.least = least;
    const std::pair<const char*, double Calibration::*> known[] = {
        {"shape:thin", &Calibration::thin}, {"shape:fragment", &Calibration::fragment},
        {"shape:contact", &Calibration::contact}, {"shape:keyword-list", &Calibration::list},
        {"shape:repeated-term", &Calibration::repeated}, {"shape:prose", &Calibration::prose},
        {"place:title", &Calibration::title}, {"place:meta", &Calibration::meta},
        {"place:links", &Calibration::links}, {"place:first-line", &Calibration::first_line},
        {"hidden", &Calibration::hidden}, {"meta:duplicate", &Calibration::doubled},
        {"entity:coded", &Calibration::coded}, {"script:title-switch", &Calibration::marked},
    };
    for (const auto& [code, weight] : row.attr("signals").cast<std::map<std::string, double>>()) {
        const auto found = std::find_if(std::begin(known), std::end(known),
                                        [&](const auto& each) { return code == each.first; });
        if (found != std::end(known))
            made.*found->second = weight;
        else
            made.others += std::max(0.0, weight);
    }
    return made;
}

class Engine {
public:
    Engine(std::shared_ptr<Terms> terms, std::shared_ptr<Characters> characters, std::shared_ptr<Dictionary> dictionary,
           py::function fold, py::function segments, std::shared_ptr<Markup> markup)
        : terms_(std::move(terms)),
          characters_(std::move(characters)),
          dictionary_(std::move(dictionary)),
          reader_(*terms_, *characters_, *dictionary_),
          fold_(std::move(fold)),
          segments_(std::move(segments)),
          markup_(std::move(markup)) {}

    // Texts as the model reads them.
    std::shared_ptr<PageSheet> read(const py::list& texts) {
        auto page = std::make_shared<PageSheet>();
        for (const auto& text : texts) {
            Block block{};
            block.text = static_cast<std::uint32_t>(page->outline.text.size());
            page->outline.text += to_text(text);
            block.text_end = static_cast<std::uint32_t>(page->outline.text.size());
            page->outline.blocks.push_back(block);
        }
        read(*page);
        return page;
    }

    // A page taken apart, read, and its runs found. `needed` and `least` are log-odds, of the text alone and of all.
    std::shared_ptr<PageSheet> study(const py::str& content, bool is_html, double needed, const py::object& calibration,
                                     double least, std::uint32_t counted) {
        auto page = std::make_shared<PageSheet>();
        const auto began = Clock::now();
        page->outline = outline_of(content, is_html, *markup_);
        spend("markup", began);
        read(*page);
        if (!calibration_.is(calibration) || least != weights_.least) {
            weights_ = calibration_of(calibration, least);
            calibration_ = calibration;
        }
        const auto read = Clock::now();
        const bool is_bounded = least > -std::numeric_limits<double>::infinity();
        page->study = moderation::study(page->sheet, *terms_, needed, is_bounded ? &weights_ : nullptr,
                                        is_bounded ? situations(page->outline) : std::vector<Situation>{},
                                        Limits{counted}, workspace_);
        spend("runs", read);
        return page;
    }

    // Seconds spent in each step since the engine was made.
    const std::map<std::string, double>& seconds() const { return seconds_; }

private:
    void read(PageSheet& page) {
        const Outline& outline = page.outline;
        std::vector<Span> spans;
        spans.reserve(outline.blocks.size());
        for (const Block& block : outline.blocks) spans.push_back({block.text, block.text_end});
        const Rare rare{
            [this](View text, Text& folded, std::vector<Piece>& pieces) {
                const py::tuple made = fold_(to_str(text));
                folded += to_text(made[0]);
                for (const auto& each : py::reinterpret_borrow<py::iterable>(made[1].attr("pieces"))) {
                    const auto piece = py::reinterpret_borrow<py::tuple>(each);
                    pieces.push_back({piece[0].cast<std::uint32_t>(), piece[1].cast<std::uint32_t>(),
                                      piece[2].cast<std::uint32_t>()});
                }
            },
            [this](View text, std::vector<Span>& found, std::vector<Part>& parts) {
                for (const auto& each : segments_(to_str(text))) {
                    const auto row = py::reinterpret_borrow<py::tuple>(each);
                    add_segment(*characters_, text, {row[0].cast<std::uint32_t>(), row[1].cast<std::uint32_t>()},
                                row[2].cast<bool>(), found, parts);
                }
            }};
        const auto began = Clock::now();
        SheetReader::Prepared prepared = reader_.prepare(outline.text, spans, rare);
        spend("fold and split", began);
        const auto split = Clock::now();
        page.sheet = reader_.look_up(std::move(prepared));
        spend("words and evidence", split);
    }

    static std::vector<Situation> situations(const Outline& outline) {
        const std::vector<std::uint32_t> times = heads_by_path(outline);
        std::vector<Situation> found;
        found.reserve(outline.blocks.size());
        bool first = true;
        for (const Block& block : outline.blocks) {
            const bool is_first = first && is_shown(block);
            first = first && !is_first;
            found.push_back({outline.of(block), block.place, block.hidden != 0, is_first, times[block.path] > 1,
                             block.coded >= 0.8,
                             !outline.marks.empty() && (block.place == Place::title || block.place == Place::meta)});
        }
        return found;
    }

    using Clock = std::chrono::steady_clock;

    void spend(const char* step, Clock::time_point began) {
        seconds_[step] += std::chrono::duration<double>(Clock::now() - began).count();
    }

    std::map<std::string, double> seconds_;
    std::shared_ptr<Terms> terms_;
    std::shared_ptr<Characters> characters_;
    std::shared_ptr<Dictionary> dictionary_;
    SheetReader reader_;
    py::function fold_, segments_;
    std::shared_ptr<Markup> markup_;
    Workspace workspace_;
    // The calibration that was used last, and what it says.
    py::object calibration_ = py::none();
    Calibration weights_;
};

std::shared_ptr<Terms> make_terms(const py::bytes& lines, const py::array_t<double>& evidence,
                                  const py::array_t<double>& energy,
                                  const py::array_t<float, py::array::c_style | py::array::forcecast>& label_weights,
                                  const py::array_t<float, py::array::c_style | py::array::forcecast>& label_bias,
                                  double smoothing, double bias) {
    if (evidence.size() != energy.size()) throw std::invalid_argument("evidence and energy have not the same size");
    std::vector<Worth> worth;
    worth.reserve(static_cast<std::size_t>(evidence.size()));
    const auto evidence_of = evidence.unchecked<1>(), energy_of = energy.unchecked<1>();
    for (py::ssize_t row = 0; row < evidence.size(); ++row) worth.push_back({evidence_of(row), energy_of(row)});
    Labels labels;
    labels.weights.assign(label_weights.data(), label_weights.data() + label_weights.size());
    labels.bias.assign(label_bias.data(), label_bias.data() + label_bias.size());
    return std::make_shared<Terms>(std::string_view(lines), std::move(worth), std::move(labels), smoothing, bias);
}

// Rows that somebody hands over.
std::vector<std::int32_t> checked(const Terms& terms, std::vector<std::int32_t> rows) {
    for (const std::int32_t row : rows)
        if (row < 0 || static_cast<std::size_t>(row) >= terms.size()) throw py::index_error("no row of the model");
    return rows;
}

}  // namespace
}  // namespace moderation

PYBIND11_MODULE(_native, module) {
    using namespace moderation;
    using namespace pybind11::literals;

    py::class_<Characters, std::shared_ptr<Characters>>(module, "Characters")
        .def(py::init(&make_characters), "sounds"_a, "syllables"_a, "domains"_a, "folding"_a = py::dict())
        .def("script", [](const Characters& characters, const py::str& text) {
            std::size_t traditional = 0, simplified = 0;
            for (const char32_t c : to_text(text)) {
                const std::uint32_t is = characters.of(c);
                traditional += (is & Characters::traditional) != 0;
                simplified += (is & Characters::simplified) != 0;
            }
            return py::make_tuple(traditional, simplified);
        }, "text"_a)
        .def("fold", [](const Characters& characters, const py::str& text) -> py::object {
            Text folded;
            std::vector<Piece> pieces;
            if (!fold_by_table(characters, to_text(text), folded, pieces)) return py::none();
            return py::make_tuple(to_str(folded), to_list(pieces));
        }, "text"_a);

    py::class_<Dictionary, std::shared_ptr<Dictionary>>(module, "Dictionary")
        .def(py::init([](const py::bytes& lines) { return std::make_shared<Dictionary>(std::string_view(lines)); }),
             "lines"_a)
        .def("cut", [](const Dictionary& dictionary, const py::str& text) {
            const Text points = to_text(text);
            Dictionary::Scratch scratch;
            std::vector<CutWord> words;
            dictionary.cut(points, 0, scratch, words);
            py::list out;
            for (const CutWord& word : words) out.append(to_str(View(points).substr(word.start, word.end - word.start)));
            return out;
        }, "text"_a);

    py::class_<Terms, std::shared_ptr<Terms>>(module, "Terms")
        .def(py::init(&make_terms), "lines"_a, "evidence"_a, "energy"_a, "label_weights"_a, "label_bias"_a,
             "smoothing"_a, "bias"_a)
        .def("__len__", &Terms::size)
        .def("__getitem__", [](const Terms& terms, std::int64_t row) {
            if (row < 0 || row >= static_cast<std::int64_t>(terms.size())) throw py::index_error();
            return std::string(terms.term(static_cast<std::int32_t>(row)));
        })
        .def("score", [](const Terms& terms, const std::vector<std::int32_t>& rows) {
            std::vector<std::int32_t> distinct = checked(terms, rows);
            return terms.score(distinct);
        }, "rows"_a)
        .def("label_logits", [](const Terms& terms, const std::vector<std::int32_t>& rows) {
            std::vector<std::int32_t> distinct = checked(terms, rows);
            std::sort(distinct.begin(), distinct.end());
            distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
            return terms.label_logits(distinct);
        }, "rows"_a);

    py::class_<Markup, std::shared_ptr<Markup>>(module, "Markup").def(py::init(&make_markup), "entities"_a);

    py::class_<PageSheet, std::shared_ptr<PageSheet>>(module, "Sheet")
        .def("__len__", [](const PageSheet& page) { return page.outline.blocks.size(); })
        .def("block", &PageSheet::block, "number"_a)
        .def("marks", &PageSheet::marks)
        .def("folded", &PageSheet::folded, "number"_a)
        .def("tokens", &PageSheet::tokens, "number"_a)
        .def("rows", &PageSheet::rows, "number"_a, "first"_a = 0, "last"_a = std::numeric_limits<std::uint32_t>::max())
        .def("evidence", &PageSheet::evidence, "number"_a)
        .def("candidates", &PageSheet::candidates)
        .def("taken", &PageSheet::taken)
        .def("shared", &PageSheet::shared)
        .def("rest", &PageSheet::rest, "terms"_a)
        .def("shown", &PageSheet::shown)
        .def("surroundings", &PageSheet::surroundings, "taken"_a, "characters"_a);

    py::class_<Engine>(module, "Engine")
        .def(py::init<std::shared_ptr<Terms>, std::shared_ptr<Characters>, std::shared_ptr<Dictionary>, py::function,
                      py::function, std::shared_ptr<Markup>>(),
             "terms"_a, "characters"_a, "dictionary"_a, "fold"_a, "segments"_a, "markup"_a)
        .def("read", py::overload_cast<const py::list&>(&Engine::read), "texts"_a)
        .def("seconds", &Engine::seconds)
        .def("study", &Engine::study, "content"_a, "is_html"_a, "needed"_a, "calibration"_a, "least"_a, "counted"_a);

    module.attr("RUN_FLOOR") = run_floor;
    module.attr("INNER_FLOOR") = inner_floor;
    module.def("outline", [](const py::str& content, bool is_html, Markup& markup) {
        auto page = std::make_shared<PageSheet>();
        page->outline = outline_of(content, is_html, markup);
        return page;
    }, "content"_a, "is_html"_a, "markup"_a);

    module.def("tokenize", &tokenize, "characters"_a, "dictionary"_a, "text"_a, "found"_a = py::none());
    module.def("maximal_runs", [](const std::vector<double>& scores) {
        py::list out;
        MaximalRuns maximal;
        for (const Subsequence& each : maximal.find(scores.data(), scores.size())) out.append(py::make_tuple(each.first, each.last, each.sum));
        return out;
    }, "scores"_a);
    module.def("segment_runs", [](const std::vector<std::uint32_t>& first, const py::list& separators,
                                  const std::vector<double>& evidence, double floor) {
        const ListedWords listed(first, separators, evidence.size());
        std::vector<Run> found;
        Scratch scratch;
        segment_runs(listed.words, evidence.data(), floor, scratch, found);
        return to_list(found);
    }, "first"_a, "separators"_a, "evidence"_a, "floor"_a);
    module.def("inner_runs", [](const std::vector<std::uint32_t>& first, const py::list& separators,
                                const std::vector<double>& evidence, double floor) {
        const ListedWords listed(first, separators, evidence.size());
        std::vector<Run> found;
        Scratch scratch;
        inner_runs(listed.words, evidence.data(), floor, scratch, found);
        return to_list(found);
    }, "first"_a, "separators"_a, "evidence"_a, "floor"_a);
    module.def("settle", [](const std::vector<std::uint32_t>& first, const py::list& separators,
                            const std::vector<double>& values, std::pair<std::uint32_t, std::uint32_t> run,
                            std::pair<std::uint32_t, std::uint32_t> bounds) {
        const ListedWords listed(first, separators, values.size());
        const bool inside = bounds.first <= run.first && run.first < run.second && run.second <= bounds.second;
        if (!inside || bounds.second > listed.words.words) throw std::invalid_argument("a run stands within its bounds");
        Scratch scratch;
        const Run made = settle(listed.words, values.data(), {run.first, run.second}, {bounds.first, bounds.second}, scratch);
        return py::make_tuple(made.first, made.last);
    }, "first"_a, "separators"_a, "values"_a, "run"_a, "bounds"_a);
    module.def("span_of", [](const py::str& text, std::uint32_t start, std::uint32_t end, std::int64_t before,
                             std::int64_t behind) {
        const Text points = to_text(text);
        if (start > end || end > points.size()) throw std::invalid_argument("a run stands in its text");
        const Span span = span_of(points, start, end, before, behind);
        return py::make_tuple(span.start, span.end);
    }, "text"_a, "start"_a, "end"_a, "before"_a, "behind"_a);
}
