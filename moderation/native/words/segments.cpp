#include "words/segments.hpp"
#include "text/unicode.hpp"

namespace moderation {

namespace {

using C = Characters;

bool is_joint(char32_t c) {
    return c == ' ' || c == '\'' || c == '.' || c == '&' || c == '+' || c == '-';
}

bool is_host(char32_t c) {
    return is_ascii_alnum(c) || c == '-';
}

bool is_jieba(char32_t c) {
    return is_ascii_alnum(c) || c == 0x3005 || c == 0x3007 || (c >= 0x3400 && c <= 0x9fff) ||
           (c >= 0x20000 && c <= 0x323af);
}

bool is_katakana(char32_t c) {
    return c >= 0x30a1 && c <= 0x30ff;
}
bool is_hiragana(char32_t c) {
    return c >= 0x3041 && c <= 0x309f;
}
bool is_hangul(char32_t c) {
    return c >= 0xac00 && c <= 0xd7a3;
}
bool is_thai_lead(char32_t c) {
    return c >= 0x0e40 && c <= 0x0e44;
}
bool is_thai_letter(char32_t c) {
    return c >= 0x0e01 && c <= 0x0e2e;
}
bool is_thai_mark(char32_t c) {
    return (c >= 0x0e30 && c <= 0x0e3a) || (c >= 0x0e45 && c <= 0x0e4e);
}

// A letter of a script that separates words by blanks.
bool is_letter(char32_t c) {
    if (!unicode::is_alnum(c) || unicode::is_decimal(c)) return false;
    return !((c >= 0x0e00 && c <= 0x0e7f) || (c >= 0x3041 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
             is_hangul(c));
}

bool starts(View text, std::size_t at, View with) {
    return text.substr(at, with.size()) == with;
}

bool is_local(char32_t c) {
    return is_host(c) || c == '_' || c == '.' || c == '+';
}
bool is_domain(char32_t c) {
    return is_host(c) || c == '_';
}

// What an address goes on with behind its host; behind a scheme a few more.
bool is_path(char32_t c) {
    return is_local(c) || c == '/' || c == '?' || c == '=' || c == '&' || c == '%' || c == '#' || c == ':' ||
           c == '~' || c == ',' || c == ';' || c == '@';
}
bool is_url(char32_t c) {
    return is_path(c) || c == '!' || c == '$' || c == '*' || c == '(' || c == ')';
}

template <class Is>
std::size_t skip(View text, std::size_t at, Is&& is) {
    while (at < text.size() && is(text[at])) ++at;
    return at;
}

// Where an address with a scheme ends that begins at `at`; `at` if there is none. So for the two below.
std::size_t url_end(View text, std::size_t at) {
    for (const View scheme : {View(U"http:"), View(U"https:"), View(U"ftp://"), View(U"www.")}) {
        if (!starts(text, at, scheme)) continue;
        const std::size_t end = skip(text, at + scheme.size(), is_url);
        if (end > at + scheme.size()) return end;
    }
    return at;
}

// A mailbox; it begins where its characters do, so that a line of dots or dashes is read once.
std::size_t mailbox_end(View text, std::size_t at) {
    if (at && is_local(text[at - 1])) return at;
    std::size_t end = skip(text, at, is_local);
    if (end == at || end >= text.size() || text[end] != '@') return at;
    end = skip(text, end + 1, is_domain);
    if (!is_domain(text[end - 1])) return at;
    const std::size_t host = end;
    while (end + 1 < text.size() && text[end] == '.' && is_domain(text[end + 1])) end = skip(text, end + 1, is_domain);
    return end > host ? end : at;
}

// Where the ending of a host ends that a dot opens; `dot` if hosts do not end so.
std::size_t domain_end(const Characters& characters, View text, std::size_t dot) {
    // The longest ending is "online"; what is longer is none.
    std::size_t end = dot + 1;
    while (end < text.size() && end < dot + 12 && is_ascii_alnum(text[end])) ++end;
    const View name = text.substr(dot + 1, end - dot - 1);
    return characters.domains.count(std::string(name.begin(), name.end())) ? end : dot;
}

// A host that ends as hosts do, and what comes behind it.
std::size_t host_end(const Characters& characters, View text, std::size_t at) {
    // A dash in front of it joins a title to the name of a site.
    if (!is_ascii_alnum(text[at])) return at;
    std::size_t before = at;
    while (before && text[before - 1] == '-') --before;
    if (before && (is_ascii_alnum(text[before - 1]) || text[before - 1] == '.')) return at;
    std::size_t end = skip(text, at, is_host);
    while (end + 1 < text.size() && text[end] == '.' && is_host(text[end + 1])) end = skip(text, end + 1, is_host);
    for (std::size_t dot = end; dot-- > at + 1;) {
        if (text[dot] != '.') continue;
        const std::size_t stop = domain_end(characters, text, dot);
        if (stop == dot) continue;
        if (stop < text.size() && (text[stop] == '/' || text[stop] == '?' || text[stop] == '#'))
            return skip(text, stop + 1, is_path);
        return stop;
    }
    return at;
}

// Where an address ends that begins at `at`; `at` if there is none.
std::size_t address_end(const Characters& characters, View text, std::size_t at) {
    if (!is_local(text[at])) return at;
    std::size_t end = url_end(text, at);
    if (end == at) end = mailbox_end(text, at);
    return end == at ? host_end(characters, text, at) : end;
}

void split_by_script(const Characters& characters, View text, Span segment, std::uint32_t number,
                     std::vector<Part>& parts);

// Whether something in a text may be an address; cheap to see, and hardly a text has one.
bool may_hold_address(const Characters& characters, View text) {
    bool dotted = false, likely = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        switch (text[at]) {
            case '.':
                dotted = true;
                likely = likely || (at && is_host(text[at - 1]) && domain_end(characters, text, at) > at);
                break;
            case '@': likely = true; break;
            case ':':
                // "://" opens addresses of its own, and makes "http:" one.
                if (starts(text, at, U"://")) dotted = likely = true;
                if (at >= 4 && (starts(text, at - 4, U"http") || (at >= 5 && starts(text, at - 5, U"https"))))
                    likely = true;
                break;
            case 'w': likely = likely || starts(text, at, U"www."); break;
            default: break;
        }
        if (dotted && likely) return true;
    }
    return false;
}

}  // namespace

void split(const Characters& characters, View text, std::vector<Span>& segments, std::vector<Part>& parts) {
    const bool addressed = may_hold_address(characters, text);
    const auto size = static_cast<std::uint32_t>(text.size());
    const std::size_t before = segments.size();
    for (std::uint32_t at = 0; at < size;) {
        if (addressed) {
            const auto end = static_cast<std::uint32_t>(address_end(characters, text, at));
            if (end > at) {
                parts.push_back({at, end, static_cast<std::uint32_t>(segments.size() - before), Part::address});
                segments.push_back({at, end});
                at = end;
                continue;
            }
        }
        std::uint32_t is = characters.of(text[at]);
        if (!(is & C::word)) {
            ++at;
            continue;
        }
        const std::uint32_t start = at;
        std::uint32_t seen = 0;
        while (true) {
            // A run of letters, and the vowel signs that Python takes for none.
            std::uint32_t last = 0;
            while (at < size && ((is = characters.of(text[at])) & C::word || is_indic(text[at]))) {
                seen |= last = is;
                ++at;
            }
            if (!(last & C::blanked) || at + 1 >= size || !is_joint(text[at])) break;
            const std::uint32_t next = characters.of(text[at + 1]);
            if (!(next & C::blanked) || !(next & C::word)) break;
            ++at;
        }
        // A capital I between blanks separates keywords in real lists; folded it is a lone "i".
        if (at - start == 1 && text[start] == 'i') continue;
        const auto number = static_cast<std::uint32_t>(segments.size() - before);
        segments.push_back({start, at});
        if (seen & C::other)
            split_by_script(characters, text, {start, at}, number, parts);
        else
            parts.push_back({start, at, number, Part::cut});
    }
}

namespace {

void split_by_script(const Characters& characters, View text, Span segment, std::uint32_t number,
                     std::vector<Part>& parts) {
    const auto take = [&](std::uint32_t from, auto&& is) {
        while (from < segment.end && is(text[from])) ++from;
        return from;
    };
    bool other = false;
    for (std::uint32_t at = segment.start; at < segment.end && !other; ++at)
        other = (characters.of(text[at]) & C::other) != 0;
    if (!other) {
        parts.push_back({segment.start, segment.end, number, Part::cut});
        return;
    }
    for (std::uint32_t at = segment.start; at < segment.end;) {
        const char32_t c = text[at];
        Part part{at, at + 1, number, Part::lone};
        if (is_jieba(c)) {
            part.end = take(at, is_jieba);
            part.kind = Part::cut;
        } else if (is_katakana(c)) {
            part.end = take(at, is_katakana);
        } else if (is_hiragana(c)) {
            part.end = take(at, is_hiragana);
        } else if (is_hangul(c)) {
            part.end = take(at, is_hangul);
        } else if (is_thai_letter(c)) {
            part.end = take(at + 1, is_thai_mark);
        } else if (is_thai_lead(c) && at + 1 < segment.end && is_thai_letter(text[at + 1])) {
            part.end = take(at + 2, is_thai_mark);
        } else if (is_letter(c)) {
            part.end = take(at, is_letter);
        }
        parts.push_back(part);
        at = part.end;
    }
}

}  // namespace

}  // namespace moderation
