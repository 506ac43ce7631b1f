#include "support.hpp"

#include <numeric>

#include "text/utf8.hpp"

namespace moderation::tests {

namespace {

using C = Characters;

Characters made() {
    Characters of;
    of.one.resize(of.table.size());
    std::iota(of.one.begin(), of.one.end(), U'\0');
    for (char32_t c = 0; c < 0x10000; ++c) {
        of.table[c] = C::plain(c);
        of.sounds[c] = static_cast<std::uint16_t>(c);
    }
    for (const char32_t c : {U'.', U'★', U'☆'}) of.table[c] |= C::filler;
    of.table[U'@'] |= C::sign;
    of.table[U'а'] |= C::alike;
    of.table[U'女'] |= C::split_first;
    of.table[U'马'] |= C::split_second;
    const auto folds = [&](char32_t from, char32_t to) {
        of.one[from] = to;
        of.table[from] = of.table[to];
    };
    for (char32_t c = 0; c < 26; ++c) {
        folds(U'Ａ' + c, 'a' + c);
        folds('A' + c, 'a' + c);
    }
    folds(U'１', '1');
    folds(U'開', U'开');
    of.table[0x200b] = C::uneven;
    of.several[0x200b] = {};
    of.table[U'㏄'] |= C::uneven;
    of.several[U'㏄'] = U"cc";
    of.likeness[U'а'] = of.likeness[U'@'] = 'a';
    of.split[std::uint64_t{U'女'} << 32 | U'马'] = U"妈";
    of.splits.insert(static_cast<std::uint32_t>(U'女') << 16 | U'马');
    of.glossed = {"kai"};
    of.longest_glossed = 3;
    of.sounds[U'开'] = of.sounds[U'凯'] = U'开';
    of.syllables = {{"kai", U'开'}, {"yun", U'云'}};
    of.longest_syllable = 3;
    of.domains = {"com", "cn"};
    return of;
}

}  // namespace

Text text(std::string_view utf8) {
    Text out;
    return from_utf8(utf8, out);
}

std::string utf8(View text) {
    std::string out;
    for (const char32_t c : text) append_utf8(c, out);
    return out;
}

std::string listed(const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& each : parts) out += (out.empty() ? "" : "|") + each;
    return out;
}

const Characters& characters() {
    static const Characters of = made();
    return of;
}

const Entities& entities() {
    static const Entities of({{"amp;", U"&"},
                              {"amp", U"&"},
                              {"lt;", U"<"},
                              {"lt", U"<"},
                              {"copy;", U"©"},
                              {"copy", U"©"},
                              {"not", U"¬"},
                              {"notin;", U"∉"},
                              {"fjlig;", U"fj"}});
    return of;
}

Outline outline(std::string_view page, std::uint64_t steps) {
    Helpers helpers{entities()};
    Budget budget(steps);
    const Text source = text(page);
    return read_markup({source.data(), 4, static_cast<std::uint32_t>(source.size())}, helpers, budget);
}

std::vector<std::string> blocks(std::string_view page) {
    const Outline found = outline(page);
    std::vector<std::string> out;
    for (const Block& each : found.blocks) {
        std::string said = found.names[each.path] + ": " + utf8(found.of(each));
        if (each.hidden) said += " {" + found.names[each.hidden] + "}";
        out.push_back(said);
    }
    return out;
}

}  // namespace moderation::tests
