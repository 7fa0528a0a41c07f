#include "tools/report/folding.hpp"

#include <fmt/format.h>

#include <set>

#include "compiler/module_path.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

constexpr const char* shared_updates = "shared by the updates";  // as update_families calls them

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
using Ids = std::vector<std::uint32_t>;
/// The nodes of one block or of one parameter's update, by what they compute; in each the order they were made in.
using Signatures = std::map<std::string, Ids>;

/// Operands are told by what makes them and, outside of the block, by their type alone.
class Words {
 public:
  explicit Words(const Scene& scene) : scene_(scene) {}

  std::string in_block(std::uint32_t id, const std::string& home) const {
    std::string made = own(id, home) + print_attribute(node(id).type);
    for (const std::uint32_t operand : scene_[id].operands)
      made += "|" + (is_inside(place(operand).module, home) ? own(operand, home) : "") +
              print_attribute(node(operand).type);
    return made;
  }
  std::string alone(std::uint32_t id) const {
    return own(id, numbered_module(place(id).module).path) + print_attribute(node(id).type);
  }
  /// Of an update, whatever its parameter's shape.
  std::string in_update(std::uint32_t id) const {
    const Node& it = node(id);
    std::string made = it.op ? std::string(it.op->name()) : it.name.substr(0, it.name.find(':'));
    if (scene_[id].of_other) made += " of the other";
    for (const std::uint32_t operand : scene_[id].operands) {
      const Node& read = node(operand);
      made += place(operand).lane != Lane::update ? "|outside" : read.op ? "|" + std::string(read.op->name()) : "|leaf";
    }
    return made;
  }

 private:
  std::string own(std::uint32_t id, const std::string& home) const {
    const Node& it = node(id);
    const std::string& module = place(id).module;
    std::string made = fmt::format("{}{} {} ", scene_[id].of_other ? "other " : "", static_cast<int>(it.phase),
                                   is_inside(module, home) ? module.substr(home.size()) : "");
    if (!it.op) return made + (it.name.starts_with(home) ? it.name.substr(home.size()) : it.name);
    made += it.op->name();
    for (const Attribute& a : it.op->info->print(it.op->attributes.get()))
      if (a.name != "stream") made += " " + a.name + "=" + a.text;
    return made;
  }

  const Node& node(std::uint32_t id) const { return *scene_[id].node; }
  const Place& place(std::uint32_t id) const { return scene_[id].place; }

  const Scene& scene_;
};

std::size_t size_of(const Signatures& all) {
  std::size_t count = 0;
  for (const auto& [words, ids] : all) count += ids.size();
  return count;
}

/// The nodes of `other` that `first` has too, as pairs.
Pairs matched(const Signatures& first, const Signatures& other) {
  Pairs pairs;
  for (const auto& [words, ids] : other) {
    const auto twin = first.find(words);
    if (twin == first.end()) continue;
    for (std::size_t i = 0; i < std::min(ids.size(), twin->second.size()); ++i)
      pairs.emplace_back(ids[i], twin->second[i]);
  }
  return pairs;
}

/// What is left over on both sides, by what it is itself: its operands come from elsewhere in the first block or the
/// last.
void match_rest(const Words& words, const Signatures& first, const Signatures& other, Pairs& pairs) {
  std::set<std::uint32_t> done;
  for (const auto& [id, twin] : pairs) done.insert({id, twin});
  const auto rest = [&](const Signatures& all) {
    Signatures made;
    for (const auto& [said, ids] : all)
      for (const std::uint32_t id : ids)
        if (!done.contains(id)) made[words.alone(id)].push_back(id);
    for (auto& [said, ids] : made) std::ranges::sort(ids);
    return made;
  };
  for (const auto& pair : matched(rest(first), rest(other))) pairs.push_back(pair);
}

void fold_blocks(const Scene& scene, Folding& into) {
  const Words words(scene);
  std::map<std::pair<std::string, std::size_t>, Signatures> blocks;  // by parent and number
  for (std::uint32_t id = 0; id < scene.size(); ++id) {
    const NumberedModule name = numbered_module(scene[id].place.module);
    if (scene[id].place.drawn && !name.path.empty())
      blocks[{name.parent, name.number}][words.in_block(id, name.path)].push_back(id);
  }
  for (auto first = blocks.begin(); first != blocks.end();) {
    const auto& [parent, number] = first->first;
    auto end = std::next(first);
    std::size_t times = 1;
    for (; end != blocks.end() && end->first == std::pair(parent, number + times); ++end, ++times) {
      auto pairs = matched(first->second, end->second);
      match_rest(words, first->second, end->second, pairs);
      if (3 * pairs.size() < 2 * std::max(size_of(first->second), size_of(end->second))) break;
      for (const auto& [id, twin] : pairs) into.drawn_as[id] = twin;
    }
    if (times > 1) {
      into.any = true;
      const std::string path = fmt::format("{}.{}", parent, number);
      into.title[path] = fmt::format("{} to {} (× {})", path, number + times - 1, times);
    }
    first = end;
  }
}

/// What all updates share may do one thing for each of many parameters: take the square of its gradient, say.
void fold_alike(const Signatures& nodes, Folding& into) {
  constexpr std::size_t many = 4;
  for (const auto& [said, ids] : nodes)
    if (ids.size() >= many)
      for (const std::uint32_t id : ids) into.drawn_as[id] = ids[0];
}

void fold_updates(const Scene& scene, Folding& into) {
  const Words words(scene);
  std::map<std::string, Signatures> updates;  // by title
  for (std::uint32_t id = 0; id < scene.size(); ++id)
    if (const Place& place = scene[id].place;
        place.drawn && place.frames.size() == 2 && place.frames[0] == updates_frame)
      updates[place.frames[1]][words.in_update(id)].push_back(id);
  fold_alike(updates[shared_updates], into);
  updates.erase(shared_updates);
  std::map<std::vector<std::string>, std::pair<std::string, std::size_t>> known;  // what it does -> the first, how many
  for (const auto& [title, nodes] : updates) {
    std::vector<std::string> what;
    for (const auto& [said, ids] : nodes) what.insert(what.end(), ids.size(), said);
    const auto [at, fresh] = known.try_emplace(std::move(what), title, 1);
    if (fresh) continue;
    ++at->second.second;
    for (const auto& [id, twin] : matched(updates.at(at->second.first), nodes)) into.drawn_as[id] = twin;
  }
  for (const auto& [what, first] : known) {
    if (first.second < 2) continue;
    into.any = true;
    into.title[std::string(updates_frame) + "." + first.first] =
        fmt::format("{} and {} more (× {})", first.first, first.second - 1, first.second);
  }
}

}  // namespace

Folding folding_of(const Scene& scene) {
  Folding made;
  for (std::uint32_t id = 0; id < scene.size(); ++id) made.drawn_as.push_back(id);
  fold_blocks(scene, made);
  fold_updates(scene, made);
  return made;
}

}  // namespace vitrine
