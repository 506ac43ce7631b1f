#include "html/tags.hpp"

#include <algorithm>

#include "limits.hpp"

namespace moderation {

namespace {

constexpr std::uint64_t is_hash = std::uint64_t{1} << 63;

// Of up to eight ASCII characters, the name itself; of others a hash, which the highest bit tells from the first kind.
std::uint64_t key_of(View name) {
    std::uint64_t packed = 0;
    if (name.size() > 8) return keyed_hash(name.data(), name.data() + name.size()) | is_hash;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == 0 || name[i] >= 0x80) return keyed_hash(name.data(), name.data() + name.size()) | is_hash;
        packed = packed << 8 | name[i];
    }
    return packed;
}

}  // namespace

// The names that the reader knows; the first one is none, and its facts are those of every other name.
struct Tags::Known {
    std::vector<Text> names{Text()};
    std::vector<Facts> facts{Facts()};
    // About a quarter full.
    static constexpr std::size_t slot_count = 512;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> slots;

    Known();

    static std::size_t slot_of(std::uint64_t key) { return key * 0x9e3779b97f4a7c15ull >> 55; }

    // The number of a name, or 0.
    std::uint32_t find(std::uint64_t key, View name) const {
        for (std::size_t at = slot_of(key);; ++at) {
            const auto& [known, tag] = slots[at % slot_count];
            if (!tag || (known == key && (!(key & is_hash) || names[tag] == name))) return tag;
        }
    }

    template <class Set>
    void set(std::string_view words, Set&& change) {
        while (!words.empty()) {
            const std::size_t end = std::min(words.find(' '), words.size());
            const Text name(words.begin(), words.begin() + end);
            words.remove_prefix(std::min(end + 1, words.size()));
            const auto found = std::find(names.begin(), names.end(), name);
            const std::size_t at = static_cast<std::size_t>(found - names.begin());
            if (found == names.end()) {
                names.push_back(name);
                facts.emplace_back();
            }
            change(facts[at]);
        }
    }
};

Tags::Known::Known() {
    // In the order of their numbers.
    set("p br svg math font title script style text foreignobject annotation-xml mglyph malignmark dialog marquee body "
        "link input a mphantom option optgroup track table th td template switch use textpath defs symbol "
        "html path wbr noscript iframe noembed noframes",
        [](Facts&) {});
    set("address article aside audio blockquote body button canvas caption center col colgroup datalist dd details "
        "dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
        "hgroup hr html iframe legend li listing main marquee menu nav noembed noframes noscript ol optgroup option p "
        "plaintext pre script search section select style summary table tbody td template textarea tfoot th thead "
        "title tr ul video xmp area base bgsound embed img input keygen link meta param source track br",
        [](Facts& of) { of.is_inline = false; });
    set("area base br col embed hr img input link meta param source track wbr", [](Facts& of) { of.is_void = true; });
    set("br hr", [](Facts& of) { of.breaks = true; });
    set("h1 h2 h3 h4 h5 h6", [](Facts& of) { of.is_heading = true; });
    set("footer", [](Facts& of) { of.is_footer = true; });
    set("a", [](Facts& of) { of.is_link = true; });
    set("noscript template noframes noembed iframe canvas video audio datalist",
        [](Facts& of) { of.is_unshown = of.is_out = true; });
    set("script style title", [](Facts& of) { of.is_out = true; });
    set("meta", [](Facts& of) { of.is_meta = true; });
    set("html head body main article table thead tbody tfoot tr td th form nav header footer section",
        [](Facts& of) { of.is_lasting = true; });
    set("title textarea", [](Facts& of) { of.content = Content::rcdata; });
    set("noscript iframe noembed noframes xmp", [](Facts& of) { of.content = Content::rawtext; });
    set("style", [](Facts& of) { of.content = Content::style; });
    set("script", [](Facts& of) { of.content = Content::script; });
    set("plaintext", [](Facts& of) { of.content = Content::plaintext; });
    set("b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu "
        "meta "
        "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var",
        [](Facts& of) { of.breaks_out = true; });
    set("foreignobject desc title", [](Facts& of) { of.is_svg_point = true; });
    set("mi mo mn ms mtext", [](Facts& of) { of.is_math_point = true; });
    set("svg g a switch foreignobject text tspan textpath", [](Facts& of) { of.is_drawing = true; });
    set("a tspan textpath", [](Facts& of) { of.is_span = true; });
    set("rect circle ellipse line path polygon polyline image use", [](Facts& of) { of.is_shape = true; });
    set("mi mo mn ms mtext mtable mtr mtd", [](Facts& of) { of.is_math_text = true; });
    set("semantics maction", [](Facts& of) { of.shows_first = true; });
    for (Facts& of : facts) of.closes = of.is_inline || of.is_void ? ends::none : ends::p;
    const auto relate = [&](std::string_view words, std::uint8_t kind, std::uint8_t closes) {
        set(words, [=](Facts& of) { of.kind = kind, of.closes = closes; });
    };
    relate("p", ends::p, ends::p);
    relate("li", ends::li, ends::li | ends::p);
    relate("dt dd", ends::term, ends::term | ends::p);
    relate("tr", ends::row, ends::row | ends::cell | ends::p);
    relate("td th", ends::cell, ends::cell | ends::p);
    relate("option", ends::option, ends::option);
    slots.resize(slot_count);
    for (std::uint32_t tag = 1; tag < names.size(); ++tag) {
        const std::uint64_t key = key_of(names[tag]);
        std::size_t at = slot_of(key);
        while (slots[at % slot_count].second) ++at;
        slots[at % slot_count] = {key, tag};
    }
}

const Tags::Known& Tags::known() {
    static const Known tags;
    return tags;
}

Tags::Tags() : known_(known()), facts_(known_.facts.data()), first_(static_cast<std::uint32_t>(known_.names.size())) {}

std::uint32_t Tags::of_packed(std::uint64_t packed) {
    const std::uint32_t tag = known_.find(packed, {});
    if (tag || !packed) return tag;
    Text name;
    for (std::uint64_t rest = packed; rest; rest >>= 8) name.insert(name.begin(), rest & 0xff);
    return add(packed, name);
}

std::uint32_t Tags::of(View name) {
    const std::uint64_t key = key_of(name);
    const std::uint32_t tag = known_.find(key, name);
    return tag || name.empty() ? tag : add(key, name);
}

std::uint32_t Tags::add(std::uint64_t key, View name) {
    if (names_.size() * 2 >= slots_.size()) grow();
    for (std::size_t at = mixed(key ^ hash_key());; ++at) {
        Slot& slot = slots_[at & (slots_.size() - 1)];
        if (slot.tag && (slot.key != key || (key & is_hash && names_[slot.tag - first_] != name))) continue;
        if (!slot.tag) {
            // Beyond the limit all others are one.
            if (names_.size() + 1 >= limits::element_names) {
                if (names_.size() + 1 == limits::element_names) names_.emplace_back(U"*");
                return size() - 1;
            }
            slot = {key, first_ + static_cast<std::uint32_t>(names_.size())};
            names_.emplace_back(name);
        }
        return slot.tag;
    }
}

void Tags::grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
        if (!slot.tag) continue;
        std::size_t at = mixed(slot.key ^ hash_key());
        while (slots_[at & (slots_.size() - 1)].tag) ++at;
        slots_[at & (slots_.size() - 1)] = slot;
    }
}

const Text& Tags::name(std::uint32_t tag) const {
    return tag < first_ ? known_.names[tag] : names_[tag - first_];
}

}  // namespace moderation
