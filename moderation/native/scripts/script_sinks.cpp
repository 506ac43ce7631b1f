#include "scripts/script_reader.hpp"

#include <algorithm>
#include <utility>

#include "html/scan.hpp"

namespace moderation::javascript {

void ScriptReader::read_open(std::size_t at, std::size_t call) {
    std::size_t second = call + 1;
    constants_.expression(second);
    if (!token(second).is(sign(','))) return;
    const Value target = constants_.expression(++second);
    if (!target.is_text()) return;
    const View where = target.traced.text;
    if (where == U"_self" || where == U"_top" || where == U"_parent") send(at, call + 1);
}

void ScriptReader::read_request(std::size_t at, std::size_t call) {
    constexpr std::size_t most = 200;  // tokens that are looked through
    const std::size_t end = std::min(constants_.end_of_statement(call), call + most);
    for (std::size_t each = constants_.is_name(call - 1, "fetch") ? constants_.behind(call) : call + 1;
         each < end && constants_.take_step(); ++each) {
        if (token(each).kind != Kind::name) continue;
        const View name = constants_.name(token(each));
        const bool is_written = name == U"write" || name == U"writeln";
        if (!is_written && name != U"eval" && name != U"innerHTML") continue;
        sinks_.push_back({at, call + 1, is_written ? Reach::sent : Reach::loaded, {}});
        return;
    }
}

void ScriptReader::note_aim(View name, std::size_t at, std::size_t value) {
    if (is_made(at, name == U"href" ? View(U"a") : View(U"form"))) aims_[constants_.hash(at - 1)] = value;
}

void ScriptReader::follow(std::size_t at) {
    if (!at || token(at - 1).kind != Kind::name || is_member(at - 1)) return;
    const auto found = aims_.find(constants_.hash(at - 1));
    if (found != aims_.end()) send(at, found->second);
}

void ScriptReader::judge_sinks() {
    if (sinks_.empty()) return;
    std::stable_sort(sinks_.begin(), sinks_.end(),
                     [](const Sink& one, const Sink& two) { return one.token < two.token; });
    for (Sink& sink : sinks_) {
        if (sink.address == none) continue;
        constants_.look_from(sink.token);
        std::size_t at = sink.address;
        for (const Value& value : constants_.alternatives(at)) {
            if (value.is_text()) add_host(sink.hosts, host_of(value.traced.text));
        }
    }
    const auto is_empty = [](const Sink& sink) { return sink.hosts.empty(); };
    sinks_.erase(std::remove_if(sinks_.begin(), sinks_.end(), is_empty), sinks_.end());
    for (const Sink& sink : sinks_) {
        for (const std::string& host : sink.hosts) add_host(deeds_.led[static_cast<std::size_t>(sink.reach)], host);
    }
    if (deeds_.reads_visitor && !sinks_.empty()) {
        Guards(constants_, source_, sinks_, std::move(asked_), deeds_.parted, deeds_.cloaked).find();
    }
}

}  // namespace moderation::javascript
