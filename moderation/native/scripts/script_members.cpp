#include "scripts/script_reader.hpp"

#include <utility>

namespace moderation::javascript {

namespace {

// Whether a member of an element is all that it says.
bool says_all(View member) {
    for (const View each : {U"textContent", U"innerText", U"nodeValue", U"innerHTML", U"text", U"data"}) {
        if (member == each) return true;
    }
    return false;
}

}  // namespace

void ScriptReader::read_given(View name, std::size_t at, std::size_t value) {
    struct Written {
        View name;
        const char* how;
        Form form;
    };
    static constexpr Written written[] = {
        {U"innerHTML", "script[innerHTML]", Form::markup},   {U"outerHTML", "script[outerHTML]", Form::markup},
        {U"textContent", "script[textContent]", Form::text}, {U"innerText", "script[textContent]", Form::text},
        {U"nodeValue", "script[nodeValue]", Form::text},
    };
    if (name == U"title") {
        if (base(at) == Value::Kind::document) write_title(value, "script[document.title]", at);
        return;
    }
    if (says_all(name) && element(at) == U"title") return write_title(value, "script[title]", at);
    for (const Written& each : written) {
        if (name != each.name) continue;
        read_written(value, each.how, each.form, at);
        return;
    }
    if (name != U"content") return read_address(name, at, value);
    if (element(at) == U"meta") read_written(value, "script[meta]", Form::meta, at);
}

void ScriptReader::read_address(View name, std::size_t at, std::size_t value) {
    if (name == U"location" || (name == U"href" && base(at) == Value::Kind::location)) {
        send(at, value);
    } else if (name == U"src" && is_loader(at)) {
        sinks_.push_back({at, value, Reach::loaded, {}});
    } else if (name == U"href" || name == U"action") {
        note_aim(name, at, value);
    }
}

void ScriptReader::read_method(View name, std::size_t at, std::size_t call) {
    using Read = void (ScriptReader::*)(View, std::size_t, std::size_t);
    constexpr std::pair<View, Read> methods[] = {
        {U"write", &ScriptReader::read_write},
        {U"writeln", &ScriptReader::read_write},
        {U"call", &ScriptReader::read_applied},
        {U"apply", &ScriptReader::read_applied},
        {U"html", &ScriptReader::read_query},
        {U"text", &ScriptReader::read_query},
        {U"append", &ScriptReader::read_query},
        {U"prepend", &ScriptReader::read_query},
        {U"before", &ScriptReader::read_query},
        {U"after", &ScriptReader::read_query},
        {U"replaceWith", &ScriptReader::read_query},
        {U"attr", &ScriptReader::read_query},
        {U"prop", &ScriptReader::read_query},
        {U"insertAdjacentHTML", &ScriptReader::read_insertion},
        {U"insertAdjacentText", &ScriptReader::read_insertion},
        {U"createTextNode", &ScriptReader::read_new_text},
        {U"replace", &ScriptReader::read_move},
        {U"assign", &ScriptReader::read_move},
        {U"setAttribute", &ScriptReader::read_attribute},
        {U"open", &ScriptReader::read_window},
        {U"click", &ScriptReader::read_click},
        {U"submit", &ScriptReader::read_click},
        {U"getScript", &ScriptReader::read_loaded},
        {U"get", &ScriptReader::read_answer},
        {U"post", &ScriptReader::read_answer},
    };
    for (const auto& [word, read] : methods) {
        if (name == word) return (this->*read)(name, at, call);
    }
    read_call(name, call);
}

void ScriptReader::read_write(View name, std::size_t at, std::size_t call) {
    if (base(at) != Value::Kind::document) return;
    write_all(call + 1, constants_.behind(call) - 1, how_written(name), at);
}

void ScriptReader::read_insertion(View name, std::size_t at, std::size_t call) {
    std::size_t second = call + 1;
    constants_.expression(second);
    if (!token(second).is(sign(','))) return;
    const bool is_markup = name == U"insertAdjacentHTML";
    read_written(second + 1, is_markup ? "script[insertAdjacentHTML]" : "script[insertAdjacentText]",
                 is_markup ? Form::markup : Form::text, at);
}

void ScriptReader::read_new_text(View, std::size_t at, std::size_t call) {
    read_written(call + 1, "script[createTextNode]", Form::text, at);
}

void ScriptReader::read_move(View, std::size_t at, std::size_t call) {
    if (base(at) == Value::Kind::location) send(at, call + 1);
}

void ScriptReader::read_attribute(View, std::size_t at, std::size_t call) {
    std::size_t second = call + 1;
    const Value which = constants_.expression(second);
    if (!which.is_text() || !token(second).is(sign(','))) return;
    const View attribute = which.traced.text;
    if (attribute == U"src" && is_loader(at)) sinks_.push_back({at, second + 1, Reach::loaded, {}});
    if (attribute == U"href" || attribute == U"action") note_aim(attribute, at, second + 1);
    if (attribute == U"content") read_written(second + 1, "script[meta]", Form::meta, at);
}

void ScriptReader::read_answer(View, std::size_t at, std::size_t call) {
    if (is_query(at - 1)) read_request(at, call);
}

const char* ScriptReader::how_written(View name) {
    return name == U"write" ? "script[document.write]" : "script[document.writeln]";
}

void ScriptReader::read_applied(View how_called, std::size_t at, std::size_t call) {
    if (at < 2 || !is_member(at - 1)) return;
    const bool is_call = how_called == U"call";
    const View name = constants_.name(token(at - 1));
    if ((name != U"write" && name != U"writeln") || base(at - 2) != Value::Kind::document) return;
    const char* how = how_written(constants_.name(token(at - 1)));
    std::size_t second = call + 1;
    constants_.expression(second);
    if (!token(second).is(sign(','))) return;
    if (is_call) return write_all(second + 1, constants_.behind(call) - 1, how, at);
    const std::size_t list = second + 1;
    if (token(list).is(sign('['))) write_all(list + 1, constants_.behind(list) - 1, how, at);
}

void ScriptReader::read_query(View name, std::size_t at, std::size_t call) {
    if (token(call + 1).is(sign(')')) || !is_of_query(at)) return;
    if (name == U"attr" || name == U"prop") {
        const Value which = constants_.expression(++call);
        if (!which.is_text() || which.traced.text != U"content" || !token(call).is(sign(','))) return;
        read_written(call + 1, "script[meta]", Form::meta, at);
    } else if (element(at) == U"title") {
        write_title(call + 1, "script[title]", at);
    } else {
        const bool is_text = name == U"text";
        read_written(call + 1,
                     is_text           ? "script[text]"
                     : name == U"html" ? "script[html]"
                                       : "script[append]",
                     is_text ? Form::text : Form::markup, at);
    }
}

void ScriptReader::read_new(std::size_t call) {
    const Token& first = token(call + 1);
    // A text that the script ends in may have no character.
    if (first.is_text() && first.inner_start() < first.inner_end() && source_[first.inner_start()] == '<') {
        read_written(call + 1, "script[jQuery]", Form::markup, call - 1);
    }
}

}  // namespace moderation::javascript
