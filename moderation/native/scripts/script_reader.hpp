// One script: what its expressions of literals are written to, run as or sent to.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scripts/constants.hpp"
#include "scripts/guards.hpp"
#include "scripts/written_markup.hpp"
#include "scripts/written_texts.hpp"

namespace moderation::javascript {

// What a script does, beside what it writes.
struct Deeds {
    bool is_unread = false;  // it has more tokens than are read
    bool reads_visitor = false;
    bool is_obfuscated = false;
    bool is_unreadable = false;  // what it does is decoded by what only running it tells
    bool sets_title = false;
    Origin title{0, 0};  // the first and the last statement
    // Hosts: where visitors are led, whoever they are; where some browsers are sent; where those are who come from a
    // search engine, or are none.
    std::array<std::vector<std::string>, 3> led;  // by Reach
    std::vector<std::string> parted, cloaked;
};

// Where a script that is read stands: the page's own script is `base` code points behind the page's start; one that
// another script writes or runs has characters that come from `origins`, and is read `depth` scripts deep at `whole`.
struct ScriptPlace {
    std::uint32_t base;
    const std::vector<Origin>* origins;
    Origin whole;
    int depth;
};

// Reads one script, and those it writes.
class ScriptReader {
public:
    ScriptReader(const Entities& entities, Budget& budget, WrittenTexts& texts, View source, const ScriptPlace& place)
        : entities_(entities),
          budget_(budget),
          texts_(texts),
          constants_(source, place.base, place.origins, budget),
          source_(source),
          base_(place.base),
          whole_(place.whole),
          depth_(place.depth) {}

    Deeds run();

private:
    const Token& token(std::size_t at) const { return constants_.token(at); }
    bool is_member(std::size_t at) const { return constants_.is_member(at); }
    bool is_given(std::size_t at) const { return constants_.is_given(at); }

    // -------------------------------------------------------------------------------------------- names and members

    // Counts a name that a machine made: "_0x3fa2".
    void count_name(const Token& name, std::size_t at);
    void read_sign(std::size_t at);
    // Notes what programs write that make scripts unreadable.
    void note_packer(const Token& text);
    // Whether the name at `at` is called with a number or a text first: "_0x3fa2(0x1c3)", "_0x3fa2('0x1', 'k3y')".
    bool asks_for_text(std::size_t at) const;
    // Whether a text is written in escapes alone.
    bool is_in_escapes(const Token& text) const;
    void read_name(std::size_t at);
    // What is called by its bare name, with the bracket at `at`.
    void read_call(View name, std::size_t at);
    // The member whose "." or "[" is token `at`: by its name, or by an expression that comes to it.
    void read_member(std::size_t at);
    void read_named_member(std::size_t at);
    void read_computed_member(std::size_t at);
    // What is done with a member that ends in front of token `behind`.
    void use_member(View name, std::size_t at, std::size_t behind);
    // Whether what stands at `at` may do something with the member in front of it.
    bool is_used(std::size_t at) const;
    void note_visitor(View name);
    static Value::Kind kind_of(View name);
    // What stands in front of the "." or "[" at `at`.
    Value::Kind base(std::size_t at);
    // The token where the statement begins that the member at `at` belongs to, as far as it is a chain of names.
    std::size_t statement(std::size_t at) const;

    // ------------------------------------------------------------------------------ elements that it finds or makes

    // Whether the name at `at` finds or makes an element by the text in the brackets behind it.
    bool is_finder(std::size_t at);
    // The tag of the elements that a selector is for, in lower case, or an empty text: of "head > title" "title".
    static Text tag_of(View selector);
    // The tag of the element whose member's "." or "[" is token `at`, where the script finds it by its tag:
    // document.querySelector("title").text, $("title").html, getElementsByTagName("title")[0].firstChild.nodeValue, or
    // a name that holds such. Of new elements it is the tag that they are made with.
    Text element(std::size_t at);
    // The tag of the element that the name at `at` holds.
    Text held_element(std::size_t at);
    // Whether the member at `at` is one of what jQuery found.
    bool is_of_query(std::size_t at);
    // Calls `visit` with the words in what the name in front of the member at `at` was given.
    template <class Visit>
    bool any_word_of(std::size_t at, Visit&& visit);
    // Whether the name in front of the member at `at` holds a new script or frame: pictures count visitors.
    bool is_loader(std::size_t at);
    bool is_made(std::size_t at, View tag);
    // Whether the name at `at` is jQuery's function.
    bool is_query(std::size_t at) { return constants_.is_name(at, "$") || constants_.is_name(at, "jQuery"); }
    // What the text at token `at` says, if there is one.
    View text_at(std::size_t at) { return token(at).kind == Kind::text ? constants_.said(token(at)) : View(); }

    // ------------------------------------------------------------------------------------ what is done with members

    // "x.name = …", the value at token `value`.
    void read_given(View name, std::size_t at, std::size_t value);
    // The same, where it leads visitors elsewhere or loads something.
    void read_address(View name, std::size_t at, std::size_t value);
    // "x.name(…)", the bracket at `call`.
    void read_method(View name, std::size_t at, std::size_t call);
    void read_write(View name, std::size_t at, std::size_t call);
    void read_insertion(View name, std::size_t at, std::size_t call);
    void read_new_text(View, std::size_t at, std::size_t call);
    void read_move(View, std::size_t at, std::size_t call);
    void read_attribute(View, std::size_t at, std::size_t call);
    void read_answer(View, std::size_t at, std::size_t call);
    static const char* how_written(View name);
    // "document.write.call(document, …)" and "document.write.apply(document, […])", the last sign at `at`.
    void read_applied(View how_called, std::size_t at, std::size_t call);
    // "x.html(…)" and the like of jQuery.
    void read_query(View name, std::size_t at, std::size_t call);
    // "$('<p>…</p>')", with the bracket at `call`.
    void read_new(std::size_t call);
    void read_window(View, std::size_t at, std::size_t call) { read_open(at, call); }
    void read_click(View, std::size_t at, std::size_t) { follow(at); }
    void read_loaded(View, std::size_t at, std::size_t call) { sinks_.push_back({at, call + 1, Reach::loaded, {}}); }

    // ------------------------------------------------------------------------ what is written, and scripts that are

    // Writes the values of the expression at token `value` as titles.
    void write_title(std::size_t value, const char* how, std::size_t at);
    // Writes the arguments or items between two tokens.
    void write_all(std::size_t at, std::size_t end, const char* how, std::size_t statement);
    // Writes the values of the expression at token `at`; comes back with the token behind it.
    std::size_t read_written(std::size_t at, const char* how, Form form, std::size_t statement);
    // The same, with `at` moved behind the expression; whether a value of it is known. Of the parameters of a function
    // those that each call of it gives.
    bool read_values(std::size_t& at, const char* how, Form form, std::size_t statement);
    void write(Value&& value, const char* how, Form form, Origin place, std::size_t statement);
    // Reads a script that is written or run by this one.
    void descend(const Traced& script, Origin place, std::size_t statement);
    void add_sinks(std::size_t at, const std::array<std::vector<std::string>, 3>& led);
    // The text that is run as a script, the first argument or, of "Function", the last.
    void run_text(std::size_t at, bool is_obfuscated);
    // "eval(function(p,a,c,k,e,d){…}('…',62,9,'…|…'.split('|'),0,{}))": words by number, as D. Edwards's packer does.
    bool unpack(std::size_t at);
    // The packed text with its words put in.
    Traced expand(const Traced& packed, std::size_t radix, const std::vector<Value>& words);
    Origin placed(std::size_t from, std::size_t to) const { return depth_ ? whole_ : constants_.place(from, to); }

    // -------------------------------------------------------------------------------------------- who is sent where

    // "open(address, '_self')": a page in a window of its own is none that a visitor is sent to.
    void read_open(std::size_t at, std::size_t call);
    // A request whose answer takes the place of the page or is run: the statement goes on with that.
    void read_request(std::size_t at, std::size_t call);
    // "a.href = …" of a new link and "form.action = …" of a new form, which are followed by a script's own click.
    void note_aim(View name, std::size_t at, std::size_t value);
    void follow(std::size_t at);
    void judge_sinks();
    // Notes that the script sends to the address at token `value`.
    void send(std::size_t at, std::size_t value) { sinks_.push_back({at, value, Reach::sent, {}}); }

    const Entities& entities_;
    Budget& budget_;
    WrittenTexts& texts_;
    Constants constants_;
    const View source_;
    const std::uint32_t base_;
    const Origin whole_;
    const int depth_;
    std::size_t closed_ = none;  // the last bracket of a member that was closed, and what it is
    Value::Kind closed_kind_ = Value::Kind::unknown;
    std::size_t coded_names_ = 0, asked_names_ = 0;  // names that a machine made; those that are asked for a text
    std::size_t coded_members_ = 0;                  // members whose names are written in escapes
    std::vector<Sink> sinks_;
    std::unordered_map<std::uint64_t, std::size_t> aims_;      // of new links and forms, by the names that hold them
    std::vector<std::pair<std::size_t, std::uint8_t>> asked_;  // of the visitor, by closed brackets
    Deeds deeds_;
};

}  // namespace moderation::javascript
