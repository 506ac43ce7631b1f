// Markup -> items: the walk over a page's constructs that knows what stands around each stretch of text.
//
// Offsets are those of the source by construction, and deep nesting costs nothing. What a tree would add (foster
// parenting, formatting elements) moves no text that matters here.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hiding.hpp"
#include "items.hpp"
#include "scripts.hpp"
#include "tokenizer.hpp"

namespace moderation {

template <class Unit>
class Reader : private Tokenizer<Unit, Reader<Unit>> {
public:
    Reader(const Unit* source, std::uint32_t size, Helpers& helpers, Outline& outline, Budget& budget)
        : Base(helpers.entities),
          source_(source),
          size_(size),
          helpers_(helpers),
          outline_(outline),
          budget_(budget),
          names_(outline.names),
          hiding_(helpers, names_),
          writer_(source, size, outline.pieces),
          stack_(1) {}

    // The items of the page as far as the budget goes, their texts in the outline.
    std::vector<Item> run() {
        try {
            Base::read(source_, source_ + size_, 0);
            flush();
        } catch (const Spent&) {
            end_run();
            outline_.unread = writer_.items().empty() ? 0 : writer_.items().back().end;
        }
        hide_by_script();
        outline_.text = writer_.take_text();
        return std::move(writer_.items());
    }

private:
    using Base = Tokenizer<Unit, Reader<Unit>>;
    using Base::tags_;
    friend Base;

    static constexpr std::uint32_t unknown = ~std::uint32_t{0};

    // What text inherits from the elements around it.
    struct State {
        std::uint32_t hidden = 0;
        std::uint32_t ids = 0;
        bool is_footer = false, is_link = false, is_heading = false, is_silent = false;
    };

    // An open element; `block` is where the nearest element of the stack that is not inline stands, itself counted.
    struct Open {
        std::uint32_t tag = Tags::none;
        std::uint32_t key = 0, parent = 0, block = 0;
        std::uint32_t path = unknown;
        State state;
    };

    // An id and those of the elements around it.
    struct Id {
        std::uint32_t outer;
        Slice<Unit> value;
    };

    template <std::size_t size>
    using Numbers = std::array<std::uint32_t, size>;

    struct Hash {
        template <std::size_t size>
        std::size_t operator()(const Numbers<size>& numbers) const {
            return keyed_hash(numbers.data(), numbers.data() + size);
        }
    };

    const State& state() const { return stack_.back().state; }

    // ---------------------------------------------------------------------------------------------- text

    void on_text(const Unit* at, const Unit* end) {
        if (at == end) return;
        if (!state().is_silent) return add_words(at, end);
        // White space alone parts words even here.
        const Unit* start = at;
        while (at < end && scan::is(*at, scan::blank)) ++at;
        if (at == end) writer_.add_blank(start, end);
    }

    void on_reference(const Unit* at, const Unit* end, const Text& resolved) {
        if (state().is_silent) return;
        if (resolved == U" " || resolved == U"\t" || resolved == U"\n") {
            writer_.add_blank(at, end);
        } else {
            writer_.add_reference(at, end, resolved, state().is_link);
            if (writer_.size() > limits::block) flush();
        }
    }

    void on_raw_text(const Unit* at, const Unit* end) {
        if (!state().is_silent) add_words(at, end);
    }

    // A long text goes on in the next run.
    void add_words(const Unit* at, const Unit* end) {
        while (writer_.size() + static_cast<std::size_t>(end - at) > limits::block) {
            const std::uint32_t used = std::min(writer_.size(), limits::block);
            const Unit* const stop = at + scan::part_size(at, end, limits::block - used);
            writer_.add_words(at, stop, state().is_link, this->has_nul());
            flush();
            at = stop;
        }
        writer_.add_words(at, end, state().is_link, this->has_nul());
    }

    void on_raw_end() { flush(); }

    // Ends the current run, and the reading where the budget is spent.
    void flush() {
        if (!writer_.size()) return end_run();
        const std::uint64_t steps = limits::item + writer_.run_pieces() / limits::pieces;
        end_run();
        if (!budget_.spend(steps)) throw Spent{};
    }

    void end_run() {
        Item item;
        if (writer_.size()) {
            item.path = path();
            item.hidden = state().hidden;
            item.ids = state().ids;
            item.container = stack_.back().parent;
            item.is_heading = state().is_heading;
            item.is_footer = state().is_footer;
        }
        writer_.end_run(item);
    }

    // ---------------------------------------------------------------------------------------------- elements

    void on_start(std::uint32_t tag, const Facts& facts, const Attributes<Unit>& given, Slice<Unit> verbatim) {
        if (facts.breaks) flush();
        if (facts.closes && tags_.facts(stack_[stack_.back().block].tag).kind & facts.closes) imply_end(facts);
        const Open top = stack_.back();
        State inner = top.state;
        if (!given.empty()) inherit(inner, facts, given);
        inner.is_footer |= facts.is_footer;
        if (facts.is_meta) {
            read_meta(given, verbatim);
        } else {
            read_title(tag, Attribute::alt, given, verbatim, inner.hidden);
            read_title(tag, Attribute::title, given, verbatim, inner.hidden);
        }
        if (facts.is_void) return;
        if (facts.is_unshown && !inner.hidden) {
            name_.clear();
            append_utf8(tags_.name(tag), name_);
            inner.hidden = names_.of(name_);
        }
        inner.is_link |= facts.is_link;
        inner.is_heading |= facts.is_heading;
        inner.is_silent |= facts.is_silent;
        if (!facts.is_inline || inner.hidden != top.state.hidden) flush();
        ++keys_;
        if (stack_.size() > limits::depth) throw Spent{};
        if (facts.is_inline) {
            stack_.push_back({tag, top.key, top.parent, top.block, unknown, inner});
        } else {
            stack_.push_back({tag, keys_, top.key, static_cast<std::uint32_t>(stack_.size()), unknown, inner});
        }
        if (tag >= open_.size()) open_.resize(std::max<std::size_t>(tags_.size(), 2 * open_.size()));
        ++open_[tag];
        if (facts.is_link) writer_.add_link();
    }

    // What an element's attributes change for the text inside.
    void inherit(State& inner, const Facts& facts, const Attributes<Unit>& given) {
        if (!inner.hidden) inner.hidden = hiding_.of(facts, given);
        if (!given[Attribute::id].empty()) {
            ids_.push_back({inner.ids, given[Attribute::id]});
            inner.ids = static_cast<std::uint32_t>(ids_.size());
        }
        if (!inner.is_footer && !facts.is_inline) {
            inner.is_footer = hiding_.is_footer(given[Attribute::id]) || hiding_.is_footer(given[Attribute::class_]);
        }
    }

    void on_end(std::uint32_t tag) {
        // An end tag without a start is skipped by the count, so that hostile nesting stays linear.
        if (tag >= open_.size() || !open_[tag]) {
            if (tag == Tags::p || tag == Tags::br) flush();
            return;
        }
        while (stack_.size() > 1) {
            const Open& top = stack_.back();
            const std::uint32_t ended = top.tag;
            if (!tags_.facts(ended).is_inline || top.state.hidden != stack_[stack_.size() - 2].state.hidden) flush();
            stack_.pop_back();
            --open_[ended];
            if (ended == tag) return;
        }
    }

    void imply_end(const Facts& facts) {
        // Inline elements are jumped over, so that thousands of them left open cost nothing.
        while (true) {
            const std::uint32_t back = stack_.back().block;
            const std::uint8_t kind = tags_.facts(stack_[back].tag).kind;
            if (!(kind & facts.closes)) return;
            flush();
            while (stack_.size() > back) {
                --open_[stack_.back().tag];
                stack_.pop_back();
            }
            if (!facts.ends_more(kind)) return;
        }
    }

    // ---------------------------------------------------------------------------------------------- attributes

    void read_meta(const Attributes<Unit>& given, Slice<Unit> verbatim) {
        if (!given.has(Attribute::content)) return;
        for (const Attribute which : {Attribute::name, Attribute::property, Attribute::itemprop}) {
            if (given[which].empty()) continue;
            const Text text = resolved(helpers_.entities, given[which]);
            const View name = scan::strip(text);
            if (!is_meta_text(name)) return;
            flush();
            name_ = "meta[";
            for (const char32_t c : name) {
                // Of the letters that pass for others where case does not count, two have a lower case.
                if (c == 0x130) {
                    name_ += "i\u0307";
                } else {
                    append_utf8(c == 0x212a ? U'k' : scan::lower(c), name_);
                }
            }
            name_ += ']';
            add_attribute("content", verbatim, Place::meta, names_.of(name_), 0);
            return;
        }
    }

    // The metadata that is text, as search engines and people who share a page show it.
    static bool is_meta_text(View name) {
        constexpr std::size_t longest = std::string_view("twitter:description").size();
        if (name.size() > longest) return false;
        std::string word;
        for (const char32_t c : name) {
            const std::uint32_t folded = scripts::folded(c);
            if (folded >= 0x80) return false;
            word.push_back(static_cast<char>(folded));
        }
        if (word == "description" || word == "keywords" || word == "title") return true;
        const std::size_t colon = word.find(':');
        if (colon == std::string::npos) return false;
        const std::string site = word.substr(0, colon), what = word.substr(colon + 1);
        return (site == "og" || site == "twitter") && (what == "title" || what == "description" || what == "site_name");
    }

    void read_title(std::uint32_t tag, Attribute which, const Attributes<Unit>& given, Slice<Unit> verbatim,
                    std::uint32_t hidden) {
        if (!given.has(which) || !with_resolved(helpers_.entities, given[which], is_foreign)) return;
        flush();
        const bool is_alt = which == Attribute::alt;
        const Numbers<3> key{path(), tag, is_alt};
        const auto [found, is_new] = titles_.try_emplace(key, 0);
        if (is_new) {
            name_ = names_[path()] + '/';
            add_name(tag);
            budget_.spend(limits::path);
            name_ += is_alt ? "[alt]" : "[title]";
            found->second = names_.of(name_);
        }
        const Place place = state().is_footer ? Place::footer : Place::body;
        add_attribute(is_alt ? "alt" : "title", verbatim, place, found->second, hidden);
    }

    // Whether a value has characters beyond ASCII and is not white space alone. A NUL is U+FFFD.
    static constexpr auto is_foreign = [](auto value) {
        bool is_ascii = true, is_blank = true;
        for (auto at = value.at; at < value.end; ++at) {
            is_ascii &= *at && *at < 0x80;
            is_blank &= scan::is_space(*at);
        }
        return !is_ascii && !is_blank;
    };

    void add_attribute(std::string_view name, Slice<Unit> verbatim, Place place, std::uint32_t path,
                       std::uint32_t hidden) {
        const Slice<Unit> value = find_attribute(verbatim, name);
        if (!value.empty()) add_value(value, false, place, path, hidden);
    }

    void add_value(Slice<Unit> value, bool has_escapes, Place place, std::uint32_t path, std::uint32_t hidden) {
        ValueReader<Unit> reader(helpers_.entities, source_, this->has_nul());
        Item item;
        item.place = place;
        item.path = path;
        item.hidden = hidden;
        in_parts(reader.read(value.at, value.end, has_escapes), [&](Value&& part) {
            const std::uint64_t steps = limits::item + part.pieces.size() / limits::pieces;
            writer_.add_value(std::move(part), item);
            if (!budget_.spend(steps)) throw Spent{};
        });
    }

    // ---------------------------------------------------------------------------------------------- styles, scripts

    void on_style(Slice<Unit> sheet) { hiding_.learn(sheet); }

    void on_script(Slice<Unit> script) {
        for_each_hidden_id(script.at, script.end, helpers_.is_alphanumeric,
                           [&](const Unit* at, const Unit* end) { hidden_ids_.emplace(at, end); });
        const auto titles = find_titles(script.at, script.end);
        if (titles.empty()) return;
        const std::uint32_t path = names_.of("script[document.title]");
        for (const auto& title : titles) {
            if (title.text < title.text_end) add_value({title.text, title.text_end}, true, Place::title, path, 0);
        }
        if (!tells_visitors_apart(script.at, script.end)) return;
        const auto offset = [&](const Unit* at) { return static_cast<std::uint32_t>(at - source_); };
        outline_.marks.push_back(
            {"script:title-switch", offset(titles.front().start), offset(titles.back().end()), "document.title"});
    }

    // The items under an id that a script hides: it may stand behind what it hides.
    void hide_by_script() {
        if (hidden_ids_.empty()) return;
        // An element remembers this many ids, its own and those around it.
        constexpr int remembered = 9;
        std::vector<bool> is_hidden(ids_.size() + 1);
        for (std::size_t at = 0; at < ids_.size(); ++at) {
            is_hidden[at + 1] = hidden_ids_.count(resolved(helpers_.entities, ids_[at].value)) != 0;
        }
        const std::uint32_t script = names_.of("script");
        for (Item& item : writer_.items()) {
            std::uint32_t at = item.ids;
            for (int i = 0; i < remembered && at && !item.hidden; ++i, at = ids_[at - 1].outer) {
                if (is_hidden[at]) item.hidden = script;
            }
        }
    }

    // ---------------------------------------------------------------------------------------------- where we are

    // The name of an element as a path tells it.
    void add_name(std::uint32_t tag) {
        const View name = tags_.name(tag);
        append_utf8(name.substr(0, limits::element_name), name_);
        if (name.size() > limits::element_name) append_utf8(U'\u2026', name_);
    }

    // The names of the innermost six open elements, as the number of a name.
    std::uint32_t path() {
        Open& top = stack_.back();
        if (top.path != unknown) return top.path;
        Numbers<6> tags{};
        const std::size_t depth = std::min(stack_.size(), tags.size());
        for (std::size_t i = 0; i < depth; ++i) tags[i] = stack_[stack_.size() - depth + i].tag;
        const auto [found, is_new] = paths_.try_emplace(tags, 0);
        if (is_new) {
            name_.clear();
            for (const std::uint32_t tag : tags) {
                if (tag == Tags::none) continue;
                if (!name_.empty()) name_ += '/';
                add_name(tag);
            }
            budget_.spend(limits::path);
            found->second = names_.of(name_.empty() ? "body" : name_);
        }
        return top.path = found->second;
    }

    const Unit* const source_;
    const std::uint32_t size_;
    Helpers& helpers_;
    Outline& outline_;
    Budget& budget_;
    Names names_;
    Hiding hiding_;
    ItemWriter<Unit> writer_;
    std::vector<Open> stack_;
    std::vector<std::uint32_t> open_;  // how often each tag is open
    std::uint32_t keys_ = 0;
    std::vector<Id> ids_;  // numbered from 1
    std::set<Text> hidden_ids_;
    std::unordered_map<Numbers<6>, std::uint32_t, Hash> paths_;   // by the tags of a path
    std::unordered_map<Numbers<3>, std::uint32_t, Hash> titles_;  // those of attributes, by path, tag and attribute
    std::string name_;                                            // kept for its memory
};

}  // namespace moderation
