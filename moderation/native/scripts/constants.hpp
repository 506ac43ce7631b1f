// What the expressions of a script come to where they are made of literals, found without running anything.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scripts/javascript.hpp"

namespace moderation::javascript {

// Where a character comes from, in the page's source.
struct Origin {
    std::uint32_t start, end;
};

// What the scripts of a page may still cost: expressions that are looked at, and characters that are made of them.
struct Budget {
    std::size_t steps, characters;

    bool take_step() { return steps && steps--; }
    bool take(std::size_t size) {
        if (size > characters) return false;
        characters -= size;
        return true;
    }
};

// Text with its origins.
struct Traced {
    Text text;
    std::vector<Origin> origins;

    void add(char32_t c, Origin origin) {
        text.push_back(c);
        origins.push_back(origin);
    }
    void add(const Traced& other) {
        text += other.text;
        origins.insert(origins.end(), other.origins.begin(), other.origins.end());
    }
    Traced part(std::size_t start, std::size_t size) const;
    // From the first origin to the last.
    Origin hull() const;
};

struct Value {
    enum class Kind : std::uint8_t {
        unknown,
        text,
        list,
        letters,
        number,
        document,
        window,
        location,
        function,
        object
    };
    enum class Function : std::uint8_t { none, decode, unescape, escape, decode_base64, text, characters, from, json };

    Kind kind = Kind::unknown;
    Function function = Function::none;
    bool is_held = false;      // a variable held it, or a part of it
    bool is_spread = false;    // several variables did, or a variable and the expression itself
    double number = 0;         // of an object in the script the token of its brace
    Traced traced;             // of letters too, the list of a text's characters
    std::vector<Value> items;  // of an object that was parsed its names and values in turn

    static Value of(Kind kind) {
        Value value;
        value.kind = kind;
        return value;
    }
    static Value of(Function function) {
        Value value = of(Kind::function);
        value.function = function;
        return value;
    }

    bool is_text() const { return kind == Kind::text; }
    bool is_known() const { return kind == Kind::text || kind == Kind::number; }
};

// The function of every window that makes text of others, by its name, or none.
Value::Function function_named(View name);

// The tokens of a script and what stands behind its names. The script itself may have been made of literals: `origins`
// says where each of its characters comes from; without them it stands in the page from `base` on.
class Constants {
public:
    Constants(View source, std::uint32_t base, const std::vector<Origin>* origins, Budget& page);

    const std::vector<Token>& tokens() const { return tokens_; }
    const Token& token(std::size_t at) const { return at < tokens_.size() ? tokens_[at] : end_; }

    // A name without escapes.
    View name(const Token& token);

    // What a text, a chunk of a template or a pattern says, its escapes resolved; of a pattern, those alone that stand
    // for a character by its number.
    View said(const Token& token);

    // Whether the token at `at` begins "name[3]".
    bool is_item(std::size_t at) const {
        return token(at).kind == Kind::name && token(at + 1).is(sign('[')) && token(at + 2).kind == Kind::number &&
               token(at + 3).is(sign(']'));
    }
    bool is_name(std::size_t at, std::string_view name);

    // Whether the name at `at` is a member; whether the sign at `at` gives what stands in front of it a value.
    bool is_member(std::size_t at) const {
        return at && (token(at - 1).is(sign('.')) || token(at - 1).is(sign('?', '.')));
    }
    bool is_given(std::size_t at) const { return token(at).is(sign('=')) || token(at).is(sign('+', '=')); }

    // The hash of the name at `at`.
    std::uint64_t hash(std::size_t at) { return hash_of(name(token(at))); }

    // The token behind the statement that `at` stands in.
    std::size_t end_of_statement(std::size_t at);

    // The value of the expression at token `at`, which is moved behind what was read of it.
    Value expression(std::size_t& at);
    // The same, with the other values that it may have: those on both sides of "?", "||" and the like.
    std::vector<Value> alternatives(std::size_t& at);
    // The values of the arguments between the bracket at token `at` and its partner.
    std::vector<Value> arguments(std::size_t at);
    // What a name stands for at token `at`.
    Value named(std::size_t at);
    // Whether a name stands for a function that makes text of others.
    bool is_function(std::size_t at);

    // Notes that the member of a name that ends in front of token `value` is given what stands there; the member's "."
    // or "[" is token `at`.
    void assign_member(std::size_t at, View member, std::size_t value);

    // Notes the parameters of the function whose "function" or "=>" is token `at`: they have the values of the
    // arguments that it is called with.
    void read_function(std::size_t at);

    // Of a function that is called several times, which call gives its parameters their values; and how many calls
    // there are of the functions whose parameters were asked for since.
    void choose(std::size_t call) {
        chosen_ = call;
        asking_.calls = 1;
    }
    std::size_t asked_calls() const { return asking_.calls; }

    // The name that a member has whose "." or "[" is token `at`, and the token behind it; empty if none is known.
    Text member(std::size_t at, std::size_t& behind);

    // Notes that the name at token `at` is given what follows the "=" or "+=" behind it.
    void assign(std::size_t at);

    // The token of what the name at token `at` was given last, or none; `is_added`: it was added to what it held.
    std::size_t given(std::size_t at) {
        bool is_added = false;
        return given(at, is_added);
    }
    std::size_t given(std::size_t at, bool& is_added);

    // The number of the token behind the bracket at `at` and its partner.
    std::size_t behind(std::size_t at) const;

    // Where tokens `from` to `to`, itself left out, stand in the page.
    Origin place(std::size_t from, std::size_t to) const;

    // What is given to a name behind token `at` does not count from now on; 0: all does.
    void look_from(std::size_t at) { position_ = reached_ = at; }

    // Whether characters of a number may still be made, and whether one more step may be taken.
    bool take_step() {
        const bool may = own_.take_step() && page_.take_step();
        asking_.is_cut |= !may;
        return may;
    }
    bool take(std::size_t size) {
        const bool may = own_.take(size) && page_.take(size);
        asking_.is_cut |= !may;
        return may;
    }

private:
    // How deep expressions are read, variables that hold others counted in.
    static constexpr int deepest = 48;
    // What an item of a list takes of the budget of characters.
    static constexpr std::size_t item_size = 24;
    // No list is longer whose items are looked up by number.
    static constexpr double most_items = 1e6;
    // Calls of one function that are told apart.
    static constexpr std::size_t most_calls = 16;

    // What the value that is being looked for depends on.
    struct Asking {
        std::size_t calls = 1;       // of functions whose parameters stand in it, the most of one
        std::size_t seen = 0;        // the token up to which names were looked up
        std::uint32_t outer = none;  // the outermost name, by number, that stands in its own value by way of it
        bool is_cut = false;         // something was not read, for it stands too deep or takes too much
    };

    // That what a name was given comes to nothing: found with so many `assignments`, for the `chosen` of `calls`; 0: it
    // is not known. `outer`: as long as the name of that number, whose value is being looked for, does so, too.
    struct Nothing {
        std::size_t calls = 0, chosen = 0, assignments = 0;
        bool is_final = false;  // whatever is assigned later
        std::uint32_t outer = none;
    };

    // `function`: the value is that of its argument `parameter`, and holds up to token `end`; otherwise that is none.
    struct Assignment {
        std::uint32_t value;     // token
        std::uint32_t previous;  // of the same name, or none
        bool is_added = false;
        std::uint8_t parameter = 0;
        std::uint32_t function = none, end = none;
        std::uint32_t asked = none;  // while its value is looked for: in how many others' it stands
        Nothing nothing{};
    };

    // The numbers of a name's assignments in the order in which they were read, and of each the first token of its
    // value and of those behind it: nearly all are in the order of their tokens.
    struct OfName {
        std::vector<std::uint32_t> numbers, firsts;
    };

    // What an assignment, by its number, gives: the token where that stands, and the one from where it is looked at.
    struct Given {
        std::size_t value, from;
        std::uint32_t number;
    };

    // The bracket of the call that follows a function at once, or none; `skipped`: arguments in front of the first
    // parameter's; `is_applied`: the arguments stand in a list. `name` is the hash of what it is called by, or 0.
    struct Function {
        std::uint64_t name = 0;
        std::uint32_t call = none;
        std::uint8_t skipped = 0;
        bool is_applied = false;
    };

    // The tokens of a function's parameters, the one behind it, and the hash of what it is called by, or 0.
    struct Head {
        std::size_t from = 0, to = 0, end = 0;
        std::uint64_t name = 0;
    };

    // Where values begin, by the hashes of names.
    using Members = std::unordered_map<std::uint64_t, std::uint32_t>;

    static std::uint64_t hash_of(View name);
    // The same of a member that is called.
    static std::uint64_t hash_of_member(View name);
    // The same of a member of a name, as "a.b".
    static std::uint64_t hash_of(View name, View member);

    Origin origin(std::size_t start, std::size_t end) const;
    Value sum(std::size_t& at);
    bool skip_prefixes(std::size_t& at);
    Value operand(std::size_t& at);
    void access(Value& value, std::size_t& at, std::size_t first);
    Value primary(std::size_t& at);
    Value bracketed(std::size_t& at);
    Value literal(const Token& token);
    Value pattern(std::size_t& at);
    Value list(std::size_t& at);
    double number(const Token& token) const;
    bool item(std::size_t& at, Value& value);
    const std::vector<std::uint32_t>& items_of(std::size_t list);
    std::uint32_t assignment(View name, std::size_t before);
    std::uint32_t assignment(std::uint64_t name, std::size_t before);
    void push(std::uint64_t name, Assignment given);
    Head arrow_head(std::size_t at);
    Head function_head(std::size_t at);
    void bind(std::size_t from, std::size_t to, std::size_t end, Function function);
    std::uint64_t called_by(std::size_t at);
    std::vector<std::uint32_t> calls_of(std::uint64_t name);
    std::pair<std::size_t, std::size_t> argument(const Assignment& of);
    Value object(std::size_t at);
    const Members& members_of(std::size_t brace);
    Value member_of(Value&& object, View name);
    Value parse(Value&& text);
    std::uint64_t member_key(std::size_t at, View member);
    Value variable(std::uint64_t name, std::size_t before);
    Value variable(View name, std::size_t before);
    bool is_nothing(std::uint32_t number);
    void settle_open(std::size_t first, std::uint32_t own, bool is_nothing);
    std::vector<Given> given_to(std::uint32_t number, std::size_t before);
    Value sum_of(const std::vector<Given>& given);
    bool is_too_deep() {
        asking_.is_cut |= depth_ >= deepest;
        return depth_ >= deepest;
    }
    Value call(const Value& called, std::size_t at);
    Value property(Value&& of, View name);
    Value method(Value&& of, View name, std::size_t at);
    Value method_of_function(Value&& of, View name, std::size_t at);
    Value method_of_text(Value&& of, View name, std::size_t at);
    Value method_of_letters(Value&& of, View name, std::size_t at);
    Value method_of_list(Value&& of, View name, std::size_t at);
    Value applied(View name, std::size_t at);
    Value split(Value&& of, const std::vector<Value>& given);
    Value slice(const Value& of, View name, const std::vector<Value>& given);
    Value join(const Value& of, std::size_t at);
    Value index(Value&& of, const Value& index);
    void add(Value& left, const Value& right, Origin unknown);
    Value escaped(const Value& value);
    Value decoded(const Value& value, bool is_unescape);
    Value from_codes(const std::vector<Value>& codes, Origin place);
    Value replace(Value&& of, std::size_t at);
    bool has_between(std::size_t from, std::size_t to, std::string_view name);
    void skip_to_comma(std::size_t& at, std::size_t end) const;

    const View source_;
    const std::uint32_t base_;
    const std::vector<Origin>* const origins_;
    Budget& page_;
    Budget own_;
    std::vector<Token> tokens_;
    const Token end_;
    std::vector<Assignment> assignments_;
    std::unordered_map<std::uint64_t, OfName> by_name_;  // by the hash of a name
    // Where the items of lists and the arguments of calls begin, by the tokens of their brackets.
    std::unordered_map<std::size_t, std::vector<std::uint32_t>> items_;
    // Of objects by the tokens of their braces.
    std::unordered_map<std::size_t, Members> members_;
    std::vector<Function> functions_;
    // The brackets of calls by the hash of what is called, in order; read where they are first asked for.
    std::vector<std::pair<std::uint64_t, std::uint32_t>> calls_;
    bool has_calls_ = false, is_json_ = false;
    std::size_t chosen_ = 0;
    std::size_t position_ = 0;  // the token that is being looked at: what is given behind it does not count
    std::size_t reached_ = 0;   // the token up to which the script was read
    std::uint32_t asked_ = 0;   // names whose values are being looked for
    Asking asking_;
    std::vector<std::uint32_t> open_;  // assignments that come to nothing as long as another one does
    int depth_ = 0;
    Text name_, said_;
};

}  // namespace moderation::javascript
