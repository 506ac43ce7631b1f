#include "scripts/writings.hpp"

#include <algorithm>

#include "html/scan.hpp"
#include "scripts/script_reader.hpp"
#include "scripts/written_texts.hpp"

namespace moderation {

namespace {

using javascript::Deeds;
using javascript::Origin;
using javascript::Reach;

// Marks of a page.
constexpr std::size_t most_marks = 32;

// Whether a script names a host in letters that can be read. What stands in front of its domain may be put there by
// what asks for the page's scheme: ("https:" == … ? "//ssl" : "//www") + ".stats.example".
bool names_host(View script, std::string_view host) {
    if (std::count(host.begin(), host.end(), '.') > 1) host.remove_prefix(host.find('.') + 1);
    const auto is_same = [](char32_t one, char two) { return scan::lower(one) == static_cast<unsigned char>(two); };
    return std::search(script.begin(), script.end(), host.begin(), host.end(), is_same) != script.end();
}

// In the order of the source; of two that share a stretch of it, the first.
void keep_apart(std::vector<Writing>& written) {
    const auto start = [](const Writing& writing) { return writing.value.pieces.front().origin; };
    std::stable_sort(written.begin(), written.end(),
                     [&](const Writing& one, const Writing& two) { return start(one) < start(two); });
    std::uint32_t end = 0;
    const auto overlaps = [&](const Writing& writing) {
        if (start(writing) < end) return true;
        end = writing.value.end;
        return false;
    };
    written.erase(std::remove_if(written.begin(), written.end(), overlaps), written.end());
}

// The hosts that a script leads to without saying so: those that cannot be read in it, and are not told as cloaking.
// What sends visitors away is told wherever it stands; what is loaded from elsewhere, of those scripts that intruders
// put where no page writes yet.
std::vector<std::string> veiled_hosts(const Deeds& deeds, View script, Standing standing) {
    std::vector<std::string> found;
    if (!deeds.cloaked.empty()) return found;
    for (const Reach how : {Reach::sent, Reach::loaded}) {
        if (how == Reach::loaded && standing == Standing::inside) break;
        for (const std::string& host : deeds.led[static_cast<std::size_t>(how)]) {
            if (deeds.is_obfuscated || !names_host(script, host)) found.push_back(host);
        }
    }
    return found;
}

// Whether what a script does cannot be read, where one stands that intruders put there.
bool is_veiled(const Deeds& deeds, Standing standing) {
    if (standing == Standing::front) return deeds.is_unreadable;
    return standing == Standing::behind && deeds.is_obfuscated;
}

}  // namespace

std::vector<Writing> Writings::read(View script, std::uint32_t base, Standing standing, std::vector<Mark>& marks) {
    std::vector<Writing> written;
    javascript::WrittenTexts texts(entities_, script, base, written);
    const Origin all{base, base + static_cast<std::uint32_t>(script.size())};
    const Deeds deeds = javascript::ScriptReader(entities_, budget_, texts, script, {base, nullptr, all, 0}).run();
    const auto mark = [&](const char* code, Origin place, const std::string& detail) {
        if (marked_++ < most_marks) marks.push_back({code, place.start, place.end, detail});
    };
    if (deeds.sets_title && deeds.reads_visitor) mark("script:title-switch", deeds.title, "document.title");
    for (const std::string& host : deeds.cloaked) mark("script:cloaking", all, host);
    if (deeds.cloaked.empty()) {
        for (const std::string& host : deeds.parted) mark("script:redirect", all, host);
    }
    is_unread_ |= deeds.is_unread;
    if (deeds.is_obfuscated) mark("script:obfuscated", all, "");
    const std::size_t marked = marks.size();
    for (const std::string& host : veiled_hosts(deeds, script, standing)) mark("script:veiled", all, host);
    if (is_veiled(deeds, standing) && deeds.cloaked.empty() && marks.size() == marked) mark("script:veiled", all, "");
    keep_apart(written);
    return written;
}

}  // namespace moderation
