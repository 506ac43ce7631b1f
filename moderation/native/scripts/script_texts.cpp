#include "scripts/script_reader.hpp"

#include <algorithm>
#include <utility>

#include "html/scan.hpp"
#include "scripts/escapes.hpp"

namespace moderation::javascript {

namespace {

// How deep scripts are read that scripts write.
constexpr int nested = 3;

bool is_letter(char32_t c) {
    return c < 0x80 && scan::is(c, scan::letter);
}

bool is_of_word(char32_t c) {
    return c == '_' || (c < 0x80 && scan::is(c, scan::letter | scan::digit));
}

std::size_t digit_of(char32_t c, std::size_t radix) {
    if (c == '_') return radix;
    if (c <= '9') return c - '0';
    return c >= 'a' ? c - 'a' + 10 : c - 'A' + 36;
}

// The number that a word of packed text is, or `words`, how many there are, if it is none.
std::size_t number_of(View word, std::size_t radix, std::size_t words) {
    if (word.empty()) return words;
    std::size_t number = 0;
    for (const char32_t c : word) {
        const std::size_t digit = digit_of(c, radix);
        number = digit < radix && number < words ? number * radix + digit : words;
    }
    return number;
}

}  // namespace

void ScriptReader::write_title(std::size_t value, const char* how, std::size_t at) {
    std::size_t end = value;
    if (!read_values(end, how, Form::title, at)) return;
    const Origin whole = placed(statement(at), end);
    if (!deeds_.sets_title) deeds_.title = whole;
    deeds_.title = {std::min(deeds_.title.start, whole.start), std::max(deeds_.title.end, whole.end)};
    deeds_.sets_title = true;
}

void ScriptReader::write_all(std::size_t at, std::size_t end, const char* how, std::size_t statement) {
    for (; at < end && constants_.take_step(); ++at) {
        at = read_written(at, how, Form::markup, statement);
        if (!token(at).is(sign(','))) return;
    }
}

std::size_t ScriptReader::read_written(std::size_t at, const char* how, Form form, std::size_t statement) {
    read_values(at, how, form, statement);
    return at;
}

bool ScriptReader::read_values(std::size_t& at, const char* how, Form form, std::size_t statement) {
    const std::size_t start = at;
    bool is_known = false;
    for (std::size_t call = 0, calls = 1; call < calls && constants_.take_step(); ++call) {
        constants_.choose(call);
        at = start;
        std::vector<Value> values = constants_.alternatives(at);
        calls = constants_.asked_calls();
        const Origin place = placed(start, at);
        for (Value& value : values) {
            is_known |= value.is_text();
            write(std::move(value), how, form, place, statement);
        }
    }
    constants_.choose(0);
    return is_known;
}

void ScriptReader::write(Value&& value, const char* how, Form form, Origin place, std::size_t statement) {
    if (!value.is_text()) return;
    join_bytes(value.traced);
    if (form != Form::markup) {
        return texts_.add(std::move(value.traced), value.is_spread, value.is_held, how, form, place);
    }
    WrittenMarkup markup = read_markup(entities_, value.traced);
    add_sinks(statement, markup.led);
    const bool is_text = std::count_if(markup.text.text.begin(), markup.text.text.end(),
                                       [](char32_t c) { return c >= 0x80 || is_letter(c); }) > 1;
    if (is_text) texts_.add(std::move(markup.text), value.is_spread, value.is_held, how, form, place);
    for (const Traced& script : markup.scripts) descend(script, place, statement);
}

void ScriptReader::descend(const Traced& script, Origin place, std::size_t statement) {
    if (depth_ + 1 >= nested) return;
    const ScriptPlace inside{base_, &script.origins, place, depth_ + 1};
    const Deeds inner = ScriptReader(entities_, budget_, texts_, script.text, inside).run();
    deeds_.reads_visitor |= inner.reads_visitor;
    deeds_.is_obfuscated |= inner.is_obfuscated;
    deeds_.is_unreadable |= inner.is_unreadable;
    if (inner.sets_title) {
        deeds_.title = deeds_.sets_title ? deeds_.title : inner.title;
        deeds_.sets_title = true;
    }
    for (const std::string& host : inner.cloaked) add_host(deeds_.cloaked, host);
    for (const std::string& host : inner.parted) add_host(deeds_.parted, host);
    add_sinks(statement, inner.led);
}

void ScriptReader::add_sinks(std::size_t at, const std::array<std::vector<std::string>, 3>& led) {
    for (const Reach reach : {Reach::sent, Reach::loaded, Reach::shown}) {
        const std::vector<std::string>& hosts = led[static_cast<std::size_t>(reach)];
        if (!hosts.empty()) sinks_.push_back({at, none, reach, hosts});
    }
}

void ScriptReader::run_text(std::size_t at, bool is_obfuscated) {
    const std::size_t end = constants_.behind(at) - 1;
    std::size_t behind = at + 1;
    if (behind >= end || token(behind).is(sign('{')) || constants_.is_name(behind, "function")) return;
    std::vector<Value> values = constants_.arguments(at);
    if (values.empty()) return;
    Value& value = values.back().is_text() ? values.back() : values.front();
    if (!value.is_text() || value.traced.text.empty()) return;
    join_bytes(value.traced);
    // A blank stands for what is not known.
    const auto is_coded = [&](std::size_t at) {
        return is_letter(value.traced.text[at]) && value.traced.origins[at].end - value.traced.origins[at].start > 1;
    };
    std::size_t coded = 0;
    for (std::size_t each = 0; each < value.traced.text.size(); ++each) coded += is_coded(each);
    deeds_.is_obfuscated |= is_obfuscated && coded;
    descend(value.traced, placed(at, end + 1), at);
}

bool ScriptReader::unpack(std::size_t at) {
    if (!constants_.is_name(at + 1, "function") || !token(at + 2).is(sign('('))) return false;
    if (!constants_.is_name(at + 3, "p") || !constants_.is_name(at + 5, "a")) return false;
    const std::size_t body = constants_.behind(at + 2);
    if (!token(body).is(sign('{'))) return false;
    const std::size_t call = constants_.behind(body);
    if (!token(call).is(sign('('))) return false;
    deeds_.is_obfuscated = true;
    const std::vector<Value> given = constants_.arguments(call);
    if (given.size() < 4 || !given[0].is_text() || given[1].kind != Value::Kind::number) return true;
    if (given[3].kind != Value::Kind::list || given[1].number < 2 || given[1].number > 62) return true;
    const Traced unpacked = expand(given[0].traced, static_cast<std::size_t>(given[1].number), given[3].items);
    descend(unpacked, placed(at, constants_.behind(at)), at);
    return true;
}

Traced ScriptReader::expand(const Traced& packed, std::size_t radix, const std::vector<Value>& words) {
    Traced found;
    const View text = packed.text;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_of_word(text[end])) ++end;
        const std::size_t number = number_of(text.substr(at, end - at), radix, words.size());
        const bool is_known = number < words.size() && words[number].is_text() && !words[number].traced.text.empty() &&
                              constants_.take(words[number].traced.text.size());
        if (is_known) {
            found.add(words[number].traced);
        } else {
            if (end == at) ++end;
            found.add(packed.part(at, end - at));
        }
        at = end;
    }
    return found;
}

}  // namespace moderation::javascript
