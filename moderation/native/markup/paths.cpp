#include "markup/paths.hpp"

#include <algorithm>

namespace moderation {

std::uint32_t Paths::of_innermost() {
    Numbers<6> tags{};
    const std::size_t depth = std::min(open_.size(), tags.size());
    for (std::size_t i = 0; i < depth; ++i) tags[i] = open_[open_.size() - depth + i].tag;
    const auto [found, is_new] = paths_.try_emplace(tags, 0);
    if (is_new) {
        name_.clear();
        for (const std::uint32_t tag : tags) {
            if (tag == Tags::none) continue;
            if (!name_.empty()) name_ += '/';
            add_name(tag);
        }
        budget_.spend(limits::path);
        found->second = names_.of(name_.empty() ? "body" : name_);
    }
    return found->second;
}

std::uint32_t Paths::of_attribute(std::uint32_t tag, Attribute which, std::string_view name) {
    const Numbers<3> key{here(), tag, static_cast<std::uint32_t>(which)};
    const auto [found, is_new] = attributes_.try_emplace(key, 0);
    if (is_new) {
        name_ = names_[here()] + '/';
        add_name(tag);
        budget_.spend(limits::path);
        name_ += '[';
        name_ += name;
        name_ += ']';
        found->second = names_.of(name_);
    }
    return found->second;
}

std::uint32_t Paths::of_attribute(std::uint32_t tag, View name) {
    name_ = names_[here()] + '/';
    add_name(tag);
    name_ += '[';
    append_utf8(name, name_);
    name_ += ']';
    budget_.spend(limits::path);
    return names_.of(name_);
}

void Paths::add_name(std::uint32_t tag) {
    const View name = tags_.name(tag);
    append_utf8(name.substr(0, limits::element_name), name_);
    if (name.size() > limits::element_name) append_utf8(U'\u2026', name_);
}

}  // namespace moderation
