#include "scripts/written_markup.hpp"

#include <algorithm>

#include "html/attributes.hpp"
#include "html/scan.hpp"
#include "html/tags.hpp"
#include "text/utf8.hpp"

namespace moderation::javascript {

namespace {

// Hosts that a script is told to send to.
constexpr std::size_t most_hosts = 4;

bool is_letter(char32_t c) {
    return c < 0x80 && scan::is(c, scan::letter);
}

// Whether a text is what stands in front of the slashes of an address: "https:", or nothing.
bool is_scheme(View text) {
    constexpr std::size_t longest = 6;
    if (text.size() > longest) return false;
    if (!text.empty() && text.back() == ':') text.remove_suffix(1);
    return std::all_of(text.begin(), text.end(), is_letter);
}

bool may_be_of_host(char32_t c) {
    return !scan::is_space(c) && c >= 0x20 && (c < 0xd800 || c >= 0xe000);
}

}  // namespace

std::string host_of(View address) {
    address = scan::strip(address);
    const std::size_t slashes = address.find(U"//");
    if (slashes == View::npos || !is_scheme(address.substr(0, slashes))) return {};
    std::string host;
    for (const char32_t c : address.substr(slashes + 2)) {
        if (View(U"/?#\"'").find(c) != View::npos) break;
        if (c == '@') {
            host.clear();
            continue;
        }
        if (!may_be_of_host(c) || host.size() > 100) return {};
        if (c == ':') break;
        append_utf8(scan::lower(c), host);
    }
    const bool is_whole = host.find('.') != std::string::npos && host.front() != '.' && host.back() != '.';
    return is_whole ? host : std::string();
}

void add_host(std::vector<std::string>& hosts, const std::string& host) {
    if (host.empty() || hosts.size() >= most_hosts) return;
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
}

namespace {

class MarkupReader {
public:
    MarkupReader(const Entities& entities, const Traced& source) : entities_(entities), source_(source) {}

    WrittenMarkup run() {
        const View text = source_.text;
        while (at_ < text.size()) {
            const char32_t c = text[at_];
            if (c == '<' && read_construct()) continue;
            if (c == '&' && read_reference_here()) continue;
            if (scan::is_space(c)) {
                space(U' ');
            } else {
                put(c, source_.origins[at_]);
            }
            ++at_;
        }
        return std::move(found_);
    }

private:
    void space(char32_t c) {
        if (!space_ || c == '\n') space_ = c;
    }

    void put(char32_t c, Origin origin) {
        Traced& text = found_.text;
        if (space_ && !text.text.empty()) text.add(space_, {origin.start, origin.start + 1});
        space_ = U'\0';
        text.add(c, origin);
    }

    bool read_reference_here() {
        const char32_t* const start = source_.text.data();
        const char32_t* behind = start + at_;
        Text resolved;
        if (!read_reference(entities_, behind, start + source_.text.size(), resolved)) return false;
        const auto end = static_cast<std::size_t>(behind - start);
        const Origin origin = source_.part(at_, end - at_).hull();
        for (const char32_t c : resolved) scan::is_space(c) ? space(U' ') : put(c, origin);
        at_ = end;
        return true;
    }

    // A tag or a comment; false if none begins here.
    bool read_construct() {
        const View text = source_.text;
        const char32_t next = at_ + 1 < text.size() ? text[at_ + 1] : U'\0';
        if (text.compare(at_, 4, U"<!--") == 0) {
            at_ = std::min(text.find(U"-->", at_ + 4), text.size() - 3) + 3;
            return true;
        }
        if (next != '/' && next != '!' && !is_letter(next)) return false;
        const std::size_t name = at_ + 1 + (next == '/');
        std::size_t end = name;
        Text tag;
        for (; end < text.size() && !scan::is(text[end], scan::ends_tag_name); ++end) {
            if (tag.size() < 16) tag.push_back(scan::lower(text[end]));
        }
        const std::size_t close = end_of_tag(end);
        if (!tags_.facts(tags_.of(tag)).is_inline) space(U'\n');
        at_ = std::min(close + 1, text.size());
        if (next == '/') return true;
        note_hosts(tag, text.substr(end, close - end));
        if (tag == U"script" || tag == U"style") skip_content(tag);
        return true;
    }

    // Where the ">" of a tag stands whose name ends at `at`: one in a value is none.
    std::size_t end_of_tag(std::size_t at) const {
        const View text = source_.text;
        char32_t quote = 0;
        for (; at < text.size() && (quote || text[at] != '>'); ++at) {
            if (quote ? text[at] == quote : text[at] == '"' || text[at] == '\'') quote = quote ? U'\0' : text[at];
        }
        return at;
    }

    // Where an element leads with these attributes.
    void note_hosts(const Text& tag, View inside) {
        if (tag == U"script" || tag == U"iframe" || tag == U"frame" || tag == U"embed" || tag == U"object") {
            // A frame over all of the page is another page.
            const bool is_all = tag != U"script" && inside.find(U"100%") != View::npos;
            const Reach reach = is_all ? Reach::sent : Reach::loaded;
            add_host(found_.of(reach), host_of(value(inside, tag == U"object" ? "data" : "src")));
        }
        if (tag == U"a") add_host(found_.of(Reach::shown), host_of(value(inside, "href")));
        if (tag == U"meta" && inside.find(U"refresh") != View::npos) {
            const View content = value(inside, "content");
            const std::size_t address = content.find(U'=');
            if (address != View::npos) add_host(found_.of(Reach::sent), host_of(content.substr(address + 1)));
        }
    }

    static View value(View inside, std::string_view name) {
        const Slice<char32_t> found =
            find_attribute(Slice<char32_t>{inside.data(), inside.data() + inside.size()}, name);
        return {found.at, static_cast<std::size_t>(found.end - found.at)};
    }

    // What stands in an element that is no text: up to its end tag.
    void skip_content(const Text& tag) {
        const View text = source_.text;
        std::size_t end = at_;
        while (true) {
            end = std::min(text.find(U"</", end), text.size());
            if (end == text.size()) break;
            const char32_t* const name = text.data() + end + 2;
            if (scan::starts_with_folded(name, text.data() + text.size(), tag == U"script" ? "script" : "style")) break;
            end += 2;
        }
        if (tag == U"script" && end > at_) found_.scripts.push_back(source_.part(at_, end - at_));
        at_ = end;
    }

    const Entities& entities_;
    const Traced& source_;
    Tags tags_;
    std::size_t at_ = 0;
    char32_t space_ = 0;
    WrittenMarkup found_;
};

}  // namespace

WrittenMarkup read_markup(const Entities& entities, const Traced& source) {
    return MarkupReader(entities, source).run();
}

}  // namespace moderation::javascript
