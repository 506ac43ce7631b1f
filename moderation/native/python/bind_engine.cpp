#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "candidates/ends.hpp"
#include "candidates/judge.hpp"
#include "candidates/whole.hpp"
#include "markup/cutting.hpp"
#include "markup/markup.hpp"
#include "python/page_reading.hpp"
#include "text/unicode.hpp"
#include "text/utf8.hpp"

namespace moderation {
namespace {

// What reading markup has to be told.
using Markup = Helpers;

Outline outline_of(const Source& source, bool is_html, std::uint32_t title_end, Markup& markup, Budget& budget) {
    title_end = std::min(title_end, source.size);
    return is_html ? read_markup(source, markup, budget, title_end) : read_text(source, budget, title_end);
}

std::shared_ptr<Markup> make_markup(const py::dict& entities) {
    std::vector<std::pair<std::string, Text>> names;
    for (const auto& [name, text] : entities) names.emplace_back(name.cast<std::string>(), to_text(text));
    return std::make_shared<Markup>(Markup{Entities(names)});
}

// -- the engine

using Clock = std::chrono::steady_clock;

// Seconds spent in each step.
struct Times {
    static constexpr std::array<const char*, 5> names{"markup", "fold and split", "words and evidence", "propose",
                                                      "judge"};
    std::array<double, 5> seconds{};
    Clock::time_point began = Clock::now();

    // Whatever was done since the last call was this step.
    void end(std::size_t step) {
        const auto now = Clock::now();
        seconds[step] += std::chrono::duration<double>(now - began).count();
        began = now;
    }
};

// Threads share an engine: Python's lock is let go while a page is read, and taken again for what is called back. What
// changes meanwhile is the thread's own (`Desk`), has a lock (below), or keeps itself right (`Lexicon`).
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
          steps_(steps) {
        // So that a desk is given back without asking for memory, of which there may be none.
        desks_.reserve(most_desks);
    }

    // Texts as the model reads them.
    std::shared_ptr<PageReading> read(const py::list& texts) {
        auto page = std::make_shared<PageReading>();
        for (const auto& text : texts) {
            Block block{};
            block.text = static_cast<std::uint32_t>(page->outline.text.size());
            page->outline.text += to_text(text);
            block.text_end = static_cast<std::uint32_t>(page->outline.text.size());
            page->outline.blocks.push_back(block);
        }
        const py::gil_scoped_release others;
        Budget budget(std::numeric_limits<std::uint64_t>::max());
        Times times;
        read(*page, budget, times);
        add(times);
        return page;
    }

    // A page taken apart, read, and looked through: what may be injected, each judged.
    std::shared_ptr<PageReading> search(const py::str& content, bool is_html, std::uint32_t title_end) {
        auto page = std::make_shared<PageReading>();
        // The caller holds the string, and a string never changes.
        const Source source = source_of(content);
        const py::gil_scoped_release others;
        take_apart(source, is_html, title_end, *page);
        return page;
    }

    // Bytes of the words that are remembered.
    std::size_t remembered() const { return reader_.remembered(); }

    // Seconds that all threads spent in each step since the engine was made.
    std::map<std::string, double> seconds() const {
        const std::lock_guard<std::mutex> sharing(sharing_);
        std::map<std::string, double> out;
        for (std::size_t step = 0; step < Times::names.size(); ++step) out[Times::names[step]] = seconds_[step];
        return out;
    }

private:
    // What a page is worked on with, kept for the next one.
    struct Desk {
        Workspace workspace;
        PageCounts counts;
    };

    // A desk that nobody else has, until this is gone: the one that was left last, or a new one.
    class Seat {
    public:
        explicit Seat(Engine& engine) : engine_(engine) {
            const std::lock_guard<std::mutex> sharing(engine_.sharing_);
            if (engine_.desks_.empty()) {
                desk_ = std::make_unique<Desk>();
            } else {
                desk_ = std::move(engine_.desks_.back());
                engine_.desks_.pop_back();
            }
        }
        ~Seat() {
            const std::lock_guard<std::mutex> sharing(engine_.sharing_);
            if (engine_.desks_.size() < most_desks) engine_.desks_.push_back(std::move(desk_));
        }
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;
        Desk* operator->() const { return desk_.get(); }

    private:
        Engine& engine_;
        std::unique_ptr<Desk> desk_;
    };

    // Without Python's lock, like all below.
    void take_apart(const Source& source, bool is_html, std::uint32_t title_end, PageReading& page) {
        Times times;
        Budget taking_apart(steps_), reading(steps_), finding(steps_);
        page.outline = outline_of(source, is_html, title_end, *markup_, taking_apart);
        times.end(0);
        read(page, reading, times);
        const Seat seat(*this);
        page.result = moderation::search(page.page_text, *terms_, *brands_, cut_, seat->workspace, finding);
        page.outline.stop(page.result.blocks);
        times.end(3);
        if (!page.result.candidates.empty()) {
            if (!whole_->empty() && shown_characters(page.outline) >= min_shown)
                page.result.whole = whole_->score(page.page_text, seat->counts);
            Evidence evidence(page.outline, page.page_text, page.result);
            std::vector<Feature> features;
            for (Candidate& each : page.result.candidates) {
                evidence.of(each, features);
                each.judged = judge_->score(features);
            }
        }
        times.end(4);
        add(times);
        page.steps = {taking_apart.used(), reading.used(),
                      finding.used() + limits::candidate * page.result.candidates.size()};
    }

    void read(PageReading& page, Budget& budget, Times& times) {
        const Outline& outline = page.outline;
        std::vector<Span> spans;
        spans.reserve(outline.blocks.size());
        for (const Block& block : outline.blocks) spans.push_back({block.text, block.text_end});
        const Fold fold = [this](View text, Text& folded, std::vector<Piece>& pieces) {
            std::vector<Change> changes;
            if (may_be_misread(*characters_, text)) {
                const py::gil_scoped_acquire ours;
                changes = changes_of(repairs_(to_str(text)));
            }
            moderation::fold(*characters_, text, changes, folded, pieces);
        };
        TextReader::Prepared prepared = reader_.prepare(outline.text, spans, fold, budget);
        times.end(1);
        page.page_text = reader_.look_up(std::move(prepared), budget);
        page.outline.keep(page.page_text.blocks.size());
        times.end(2);
    }

    void add(const Times& times) {
        const std::lock_guard<std::mutex> sharing(sharing_);
        for (std::size_t step = 0; step < seconds_.size(); ++step) seconds_[step] += times.seconds[step];
    }

    // Desks that are kept, however many threads there were.
    static constexpr std::size_t most_desks = 16;

    mutable std::mutex sharing_;  // for the next two; nothing is called while it is held
    std::vector<std::unique_ptr<Desk>> desks_;
    std::array<double, Times::names.size()> seconds_{};
    std::shared_ptr<Terms> terms_;
    std::shared_ptr<Characters> characters_;
    std::shared_ptr<Dictionary> dictionary_;
    TextReader reader_;
    py::function repairs_;
    std::shared_ptr<Markup> markup_;
    std::shared_ptr<Brands> brands_;
    std::shared_ptr<Judge> judge_;
    std::shared_ptr<Whole> whole_;
    double cut_;
    std::uint64_t steps_;  // of a page, in each stage
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
using Values = py::array_t<float, py::array::c_style | py::array::forcecast>;

std::shared_ptr<Judge> make_judge(const Keys& keys, const Values& weights, double bias) {
    if (keys.size() != weights.size()) throw std::invalid_argument("there are not as many keys as weights");
    return std::make_shared<Judge>(keys.data(), weights.data(), static_cast<std::size_t>(keys.size()), bias);
}

std::shared_ptr<Ends> make_ends(const Keys& keys, const Values& weights) {
    if (keys.size() != weights.size()) throw std::invalid_argument("there are not as many keys as weights");
    return std::make_shared<Ends>(keys.data(), weights.data(), static_cast<std::size_t>(keys.size()));
}

std::shared_ptr<Whole> make_whole(const Keys& keys, const Values& idf, const Values& weights, double bias) {
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
    py::class_<Ends, std::shared_ptr<Ends>>(module, "Ends").def(py::init(&make_ends), "keys"_a, "weights"_a);
    py::class_<Whole, std::shared_ptr<Whole>>(module, "Whole")
        .def(py::init(&make_whole), "keys"_a, "idf"_a, "weights"_a, "bias"_a);
    py::class_<Markup, std::shared_ptr<Markup>>(module, "Markup").def(py::init(&make_markup), "entities"_a);
    py::class_<PageReading, std::shared_ptr<PageReading>>(module, "PageReading")
        .def("__len__", [](const PageReading& page) { return page.outline.blocks.size(); })
        .def("block", &PageReading::block, "number"_a)
        .def("marks", &PageReading::marks)
        .def("folded", &PageReading::folded, "number"_a)
        .def("tokens", &PageReading::tokens, "number"_a)
        .def("rows", &PageReading::rows, "number"_a, "first"_a = 0,
             "last"_a = std::numeric_limits<std::uint32_t>::max())
        .def("evidence", &PageReading::evidence, "number"_a)
        .def("candidates", &PageReading::candidates)
        .def("proposed", [](const PageReading& page) { return page.result.candidates.size(); })
        .def("passing", &PageReading::passing, "threshold"_a, "limit"_a)
        .def("taken", &PageReading::taken)
        .def("features", &PageReading::features, "number"_a)
        .def("shares", &PageReading::shares, "number"_a, "terms"_a, "judge"_a, "scale"_a)
        .def("label_logits", &PageReading::label_logits, "number"_a, "terms"_a)
        .def("gaps", &PageReading::gaps, "number"_a, "is_end"_a)
        .def("settled", &PageReading::settled, "number"_a, "ends"_a)
        .def("origin", &PageReading::origin, "number"_a, "start"_a, "end"_a)
        .def("matrix", &PageReading::matrix)
        .def("touched", &PageReading::touched, "number"_a, "start"_a, "end"_a)
        .def("worth_beside", &PageReading::worth_beside, "number"_a, "names"_a)
        .def("page_words", &PageReading::page_words)
        .def("whole_without", &PageReading::whole_without, "candidates"_a, "whole"_a, "ends"_a)
        .def("whole", [](const PageReading& page) { return page.result.whole; })
        .def("shown", &PageReading::shown)
        .def("steps", [](const PageReading& page) { return page.steps; })
        .def("unread", &PageReading::unread)
        .def("surroundings", &PageReading::surroundings, "taken"_a, "characters"_a);
    py::class_<Engine>(module, "Engine")
        .def(py::init<std::shared_ptr<Terms>, std::shared_ptr<Characters>, std::shared_ptr<Dictionary>, py::function,
                      std::shared_ptr<Markup>, std::shared_ptr<Brands>, std::shared_ptr<Judge>, std::shared_ptr<Whole>,
                      double, std::uint64_t>(),
             "terms"_a, "characters"_a, "dictionary"_a, "repairs"_a, "markup"_a, "brands"_a, "judge"_a, "whole"_a,
             "cut"_a, "steps"_a = limits::steps)
        .def("read", py::overload_cast<const py::list&>(&Engine::read), "texts"_a)
        .def("seconds", &Engine::seconds)
        .def("remembered", &Engine::remembered)
        .def("search", &Engine::search, "content"_a, "is_html"_a, "title_end"_a = 0);
    module.def("fact_keys", &Evidence::fact_keys);
    module.def(
        "outline",
        [](const py::str& content, bool is_html, Markup& markup, std::uint32_t title_end) {
            auto page = std::make_shared<PageReading>();
            const Source source = source_of(content);
            const py::gil_scoped_release others;
            Budget budget(limits::steps);
            page->outline = outline_of(source, is_html, title_end, markup, budget);
            return page;
        },
        "content"_a, "is_html"_a, "markup"_a, "title_end"_a = 0);
    module.def(
        "plan_cuts",
        [](const py::str& content, bool is_html, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& spans,
           const Markup& markup) {
            const Source source = source_of(content);
            std::vector<Span> wanted, cuts;
            for (const auto& [start, end] : spans) wanted.push_back({start, std::min(end, source.size)});
            {
                const py::gil_scoped_release others;
                cuts = plan_cuts(source, is_html, std::move(wanted), markup);
            }
            py::list out;
            for (const Span& cut : cuts) out.append(py::make_tuple(cut.start, cut.end));
            return out;
        },
        "content"_a, "is_html"_a, "spans"_a, "markup"_a);
}

}  // namespace moderation
