#include <chrono>
#include <limits>
#include <map>
#include <memory>

#include "candidates/judge.hpp"
#include "candidates/whole.hpp"
#include "markup/markup.hpp"
#include "python/page.hpp"
#include "text/utf8.hpp"

namespace moderation {
namespace {

// What reading markup has to be told.
using Markup = Helpers;

Outline outline_of(const py::str& content, bool is_html, Markup& markup, Budget& budget) {
    const Source source = source_of(content);
    return is_html ? read_markup(source, markup, budget) : read_text(source, budget);
}

std::shared_ptr<Markup> make_markup(const py::dict& entities) {
    std::vector<std::pair<std::string, Text>> names;
    for (const auto& [name, text] : entities) names.emplace_back(name.cast<std::string>(), to_text(text));
    return std::make_shared<Markup>(Markup{Entities(names), [](char32_t c) { return Py_UNICODE_ISALNUM(c) != 0; }});
}

// -- the engine

class Engine {
public:
    Engine(std::shared_ptr<Terms> terms, std::shared_ptr<Characters> characters, std::shared_ptr<Dictionary> dictionary,
           py::function repairs, std::shared_ptr<Markup> markup, std::shared_ptr<Brands> brands,
           std::shared_ptr<Judge> judge, std::shared_ptr<Whole> whole, double cut, std::uint64_t steps)
        : terms_(std::move(terms)),
          characters_(std::move(characters)),
          dictionary_(std::move(dictionary)),
          reader_(*terms_, *characters_, *dictionary_),
          repairs_(std::move(repairs)),
          markup_(std::move(markup)),
          brands_(std::move(brands)),
          judge_(std::move(judge)),
          whole_(std::move(whole)),
          cut_(cut),
          steps_(steps) {}

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
        Budget budget(std::numeric_limits<std::uint64_t>::max());
        read(*page, budget);
        return page;
    }

    // A page taken apart, read, and looked through: what may be injected, each judged.
    std::shared_ptr<PageSheet> study(const py::str& content, bool is_html) {
        auto page = std::make_shared<PageSheet>();
        const auto began = Clock::now();
        Budget taking_apart(steps_), reading(steps_), finding(steps_);
        page->outline = outline_of(content, is_html, *markup_, taking_apart);
        spend("markup", began);
        read(*page, reading);
        const auto read = Clock::now();
        page->study = moderation::study(page->sheet, *terms_, *brands_, cut_, workspace_, finding);
        page->outline.stop(page->study.lines);
        spend("propose", read);
        const auto proposed = Clock::now();
        if (!page->study.candidates.empty()) {
            if (!whole_->empty() && shown_characters(page->outline) >= least_page)
                page->study.whole = whole_->score(page->sheet, page_counts_);
            Evidence evidence(page->outline, page->sheet, page->study);
            std::vector<Feature> features;
            for (Candidate& each : page->study.candidates) {
                evidence.of(each, features);
                each.judged = judge_->score(features);
            }
        }
        spend("judge", proposed);
        page->steps = {taking_apart.used(), reading.used(),
                       finding.used() + limits::candidate * page->study.candidates.size()};
        return page;
    }

    // Bytes of the words that are remembered.
    std::size_t remembered() const { return reader_.remembered(); }

    // Seconds spent in each step since the engine was made.
    const std::map<std::string, double>& seconds() const { return seconds_; }

private:
    void read(PageSheet& page, Budget& budget) {
        const Outline& outline = page.outline;
        std::vector<Span> spans;
        spans.reserve(outline.blocks.size());
        for (const Block& block : outline.blocks) spans.push_back({block.text, block.text_end});
        const Fold fold = [this](View text, Text& folded, std::vector<Piece>& pieces) {
            std::vector<Change> changes;
            if (may_be_misread(*characters_, text)) changes = changes_of(repairs_(to_str(text)));
            moderation::fold(*characters_, text, changes, folded, pieces);
        };
        const auto began = Clock::now();
        SheetReader::Prepared prepared = reader_.prepare(outline.text, spans, fold, budget);
        spend("fold and split", began);
        const auto split = Clock::now();
        page.sheet = reader_.look_up(std::move(prepared), budget);
        page.outline.keep(page.sheet.lines.size());
        spend("words and evidence", split);
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
    py::function repairs_;
    std::shared_ptr<Markup> markup_;
    std::shared_ptr<Brands> brands_;
    std::shared_ptr<Judge> judge_;
    std::shared_ptr<Whole> whole_;
    PageCounts page_counts_;
    double cut_;
    std::uint64_t steps_;  // of a page, in each stage
    Workspace workspace_;
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

using Keys = py::array_t<std::uint32_t, py::array::c_style | py::array::forcecast>;
using Weights = py::array_t<float, py::array::c_style | py::array::forcecast>;

std::shared_ptr<Judge> make_judge(const Keys& keys, const Weights& weights, double bias) {
    if (keys.size() != weights.size()) throw std::invalid_argument("there are not as many keys as weights");
    return std::make_shared<Judge>(keys.data(), weights.data(), static_cast<std::size_t>(keys.size()), bias);
}

std::shared_ptr<Whole> make_whole(const Keys& keys, const Weights& idf, const Weights& weights, double bias) {
    if (keys.size() != weights.size() || keys.size() != idf.size())
        throw std::invalid_argument("there are not as many keys as weights");
    return std::make_shared<Whole>(keys.data(), idf.data(), weights.data(), static_cast<std::size_t>(keys.size()),
                                   bias);
}

// Rows that somebody hands over.
std::vector<std::int32_t> checked(const Terms& terms, std::vector<std::int32_t> rows) {
    for (const std::int32_t row : rows)
        if (row < 0 || static_cast<std::size_t>(row) >= terms.size()) throw py::index_error("no row of the model");
    return rows;
}

}  // namespace

void bind_engine(py::module_& module) {
    using namespace pybind11::literals;

    py::class_<Terms, std::shared_ptr<Terms>>(module, "Terms")
        .def(py::init(&make_terms), "lines"_a, "evidence"_a, "energy"_a, "label_weights"_a, "label_bias"_a,
             "smoothing"_a, "bias"_a)
        .def("__len__", &Terms::size)
        .def("__getitem__",
             [](const Terms& terms, std::int64_t row) {
                 if (row < 0 || row >= static_cast<std::int64_t>(terms.size())) throw py::index_error();
                 return std::string(terms.term(static_cast<std::int32_t>(row)));
             })
        .def(
            "score",
            [](const Terms& terms, const std::vector<std::int32_t>& rows) {
                std::vector<std::int32_t> distinct = checked(terms, rows);
                return terms.score(distinct);
            },
            "rows"_a);
    py::class_<Brands, std::shared_ptr<Brands>>(module, "Brands")
        .def(py::init([](const py::bytes& lines, const std::vector<std::string>& labels) {
                 return std::make_shared<Brands>(std::string_view(lines), labels);
             }),
             "lines"_a, "labels"_a);
    py::class_<Judge, std::shared_ptr<Judge>>(module, "Judge")
        .def(py::init(&make_judge), "keys"_a, "weights"_a, "bias"_a)
        .def("weight", &Judge::weight, "key"_a);
    py::class_<Whole, std::shared_ptr<Whole>>(module, "Whole")
        .def(py::init(&make_whole), "keys"_a, "idf"_a, "weights"_a, "bias"_a);
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
        .def("proposed", [](const PageSheet& page) { return page.study.candidates.size(); })
        .def("passing", &PageSheet::passing, "least"_a, "most"_a)
        .def("taken", &PageSheet::taken)
        .def("features", &PageSheet::features, "number"_a)
        .def("shares", &PageSheet::shares, "number"_a, "terms"_a, "judge"_a, "scale"_a)
        .def("label_logits", &PageSheet::label_logits, "number"_a, "terms"_a)
        .def("origin", &PageSheet::origin, "number"_a, "start"_a, "end"_a)
        .def("matrix", &PageSheet::matrix)
        .def("page_words", &PageSheet::page_words)
        .def("whole_without", &PageSheet::whole_without, "candidates"_a, "whole"_a)
        .def("whole", [](const PageSheet& page) { return page.study.whole; })
        .def("shown", &PageSheet::shown)
        .def("steps", [](const PageSheet& page) { return page.steps; })
        .def("unread", &PageSheet::unread)
        .def("surroundings", &PageSheet::surroundings, "taken"_a, "characters"_a);
    py::class_<Engine>(module, "Engine")
        .def(py::init<std::shared_ptr<Terms>, std::shared_ptr<Characters>, std::shared_ptr<Dictionary>, py::function,
                      std::shared_ptr<Markup>, std::shared_ptr<Brands>, std::shared_ptr<Judge>, std::shared_ptr<Whole>,
                      double, std::uint64_t>(),
             "terms"_a, "characters"_a, "dictionary"_a, "repairs"_a, "markup"_a, "brands"_a, "judge"_a, "whole"_a,
             "cut"_a, "steps"_a = limits::steps)
        .def("read", py::overload_cast<const py::list&>(&Engine::read), "texts"_a)
        .def("seconds", &Engine::seconds)
        .def("remembered", &Engine::remembered)
        .def("study", &Engine::study, "content"_a, "is_html"_a);
    module.def(
        "outline",
        [](const py::str& content, bool is_html, Markup& markup) {
            auto page = std::make_shared<PageSheet>();
            Budget budget(limits::steps);
            page->outline = outline_of(content, is_html, markup, budget);
            return page;
        },
        "content"_a, "is_html"_a, "markup"_a);
}

}  // namespace moderation
