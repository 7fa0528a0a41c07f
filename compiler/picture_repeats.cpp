#include "compiler/picture_repeats.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/escape.hpp"
#include "compiler/module_path.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

/// The numbered module that each node belongs to; empty for none.
using Homes = std::map<std::uint32_t, std::string>;

std::string home_of(const Homes& homes, Value v) {
  const auto found = homes.find(v.id);
  return found == homes.end() ? "" : found->second;
}

Homes homes_of(const Picture& picture) {
  Homes made;
  for (const Box& box : picture.boxes)
    if (!picture.folded(box) && box.family == Box::none)
      if (const std::string home = numbered_module(box.module).path; !home.empty()) made[box.nodes.front().id] = home;
  return made;
}

/// The gradient of a module's result is added up of what its readers hand back. Where they are in one other module, it
/// is that module's to add up, and where they are in none it is nobody's: the last one's result has other readers than
/// the others', and would not be alike.
void hand_sums_to_readers(const Picture& picture, Homes& homes) {
  const Homes before = homes;
  for (const Box& box : picture.boxes) {
    const Value v = box.nodes.front();
    if (box.phase != Phase::gradient || picture.folded(box) || !v.op() || !v.op()->info->variadic) continue;
    std::set<std::string> from;
    for (Value operand : v.operands())
      if (const std::string home = home_of(before, operand); !home.empty()) from.insert(home);
    if (from.empty()) homes.erase(v.id);
    if (from.size() == 1) homes[v.id] = *from.begin();
  }
}

/// What the first module that needs it computes for the others too. It is made of nothing that is a module's own, and
/// read by two of them at least. (A result that only the next one reads is no such thing.)
void take_out_what_is_shared(const Picture& picture, Homes& homes) {
  std::set<std::uint32_t> free, shared;  // made of nothing of a module's own; read by several
  for (const Box& box : picture.boxes) {
    const Value v = box.nodes.front();
    if (homes.contains(v.id) && v.op() && std::ranges::all_of(v.operands(), [&](Value operand) {
          return !homes.contains(operand.id) || free.contains(operand.id);
        }))
      free.insert(v.id);
  }
  for (auto box = picture.boxes.rbegin(); box != picture.boxes.rend(); ++box) {
    const Value v = box->nodes.front();
    if (!free.contains(v.id)) continue;
    std::set<std::string> readers;
    bool only_for_shared = true;
    for (Value user : picture.graph->users(v)) {
      only_for_shared = only_for_shared && shared.contains(user.id);
      if (user.node().phase == v.node().phase && !shared.contains(user.id)) readers.insert(home_of(homes, user));
    }
    if (readers.size() > 1 || (only_for_shared && picture.graph->is_read(v))) shared.insert(v.id);
  }
  for (const std::uint32_t id : shared) homes.erase(id);
}

/// A module, its nodes in words, and what all of them together say.
struct Module {
  NumberedModule name{};
  std::map<std::string, std::vector<Value>> nodes{};  // by their words
  std::vector<std::string> words{};
};

/// What a node computes, in words that are the same in every repeat of a module: of a part of the module, an operand
/// inside of it by its own words' number, one outside of it by its type. Groups say nothing, nor does the stream that a
/// random op draws from.
class Words {
 public:
  explicit Words(const Homes& homes) : homes_(homes) {}

  std::string of(const Box& box, const std::string& home) {
    const Value v = box.nodes.front();
    const Node& node = v.node();
    std::string made = std::to_string(static_cast<int>(box.phase)) + inside(box.module, home) + "|" + text(v.type());
    if (node.leaf != Leaf::none) made += "|leaf " + inside(node.name, home);
    if (node.op) made += "|" + std::string(node.op->name());
    if (node.op)
      for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
        if (a.name != "stream") made += "|" + in_json(a.name) + in_json(a.text);
    for (Value operand : node.operands) {
      const auto number = home_of(homes_, operand) == home ? numbers_.find(operand.id) : numbers_.end();
      made += "|" + (number != numbers_.end() ? std::to_string(number->second) : text(operand.type()));
      const Node& from = operand.node();
      if (from.literal && from.literal->size() <= 64)
        made += in_json({reinterpret_cast<const char*>(from.literal->data()), from.literal->size()});
    }
    numbers_[v.id] = known_.try_emplace(made, known_.size()).first->second;
    return made;
  }

 private:
  static std::string text(const Type& type) { return (Sentence{} << type).str(); }
  static std::string inside(const std::string& path, const std::string& module) {
    return is_inside(path, module) ? path.substr(module.size()) : "";
  }

  const Homes& homes_;
  std::map<std::string, std::size_t> known_{};
  std::map<std::uint32_t, std::size_t> numbers_{};  // of nodes' words
};

/// By parent and number.
std::map<std::pair<std::string, std::size_t>, Module> modules_of(const Picture& picture, const Homes& homes) {
  std::map<std::pair<std::string, std::size_t>, Module> made;
  Words words(homes);
  for (const Box& box : picture.boxes) {
    const Value v = box.nodes.front();
    const std::string home = home_of(homes, v);
    if (home.empty()) continue;
    const NumberedModule name = numbered_module(home);
    Module& module = made[{name.parent, name.number}];
    module.name = name;
    const std::string said = words.of(box, home);
    module.nodes[said].push_back(v);
    module.words.push_back(said);
  }
  for (auto& [place, module] : made) std::ranges::sort(module.words);
  return made;
}

}  // namespace

void fold_repeats(Picture& picture) {
  Homes homes = homes_of(picture);
  hand_sums_to_readers(picture, homes);
  take_out_what_is_shared(picture, homes);
  const auto modules = modules_of(picture, homes);

  std::map<std::uint32_t, Value> stands_for;  // node of a repeat -> the same of the first
  std::set<std::string> alike;                // modules that are part of repeats
  for (auto first = modules.begin(), end = first; first != modules.end(); first = end) {
    std::size_t times = 0;
    for (; end != modules.end() && end->first == std::pair(first->first.first, first->first.second + times) &&
           end->second.words == first->second.words;
         ++end, ++times) {
    }
    if (times < 2) continue;
    std::size_t turn = 0;
    for (auto each = first; each != end; ++each, ++turn) {
      for (const auto& [words, nodes] : each->second.nodes)
        for (std::size_t i = 0; i < nodes.size(); ++i) {
          picture.turn_of_id[nodes[i].id] = {picture.repeats.size(), turn};
          if (turn > 0) stands_for[nodes[i].id] = first->second.nodes.at(words)[i];
        }
      alike.insert(each->second.name.path);
    }
    picture.repeats.push_back({first->second.name.path, std::prev(end)->second.name.path, times});
  }
  if (alike.empty()) return;

  std::vector<Box> kept;
  std::map<std::uint32_t, std::vector<Value>> others;  // of a node of a first module
  for (Box& box : picture.boxes) {
    const Value v = box.nodes.front();
    if (const auto first = stands_for.find(v.id); first != stands_for.end()) {
      others[first->second.id].push_back(v);
      continue;
    }
    const std::string before = picture.folded(box) ? "" : numbered_module(box.module).path, now = home_of(homes, v);
    if (before != now && (alike.contains(before) || alike.contains(now)))
      box.module = now.empty() ? outer_module(numbered_module(before).parent) : now;
    kept.push_back(std::move(box));
  }
  for (Box& box : kept)
    if (const auto found = others.find(box.nodes.front().id); found != others.end()) box.repeats = found->second;
  picture.boxes = std::move(kept);
  picture.number_boxes();
}

void fold_modules_around_repeats(Picture& picture) {
  if (picture.repeats.empty()) return;
  /// Whether a module is around repeats, or one of those that are numbered with them: they are shown by their parts.
  const auto is_open = [&](const std::string& module) {
    return std::ranges::any_of(picture.repeats, [&](const Repeats& r) {
      const NumberedModule name = numbered_module(module);
      return is_inside(r.first, module) || (name.path == module && name.parent == numbered_module(r.first).parent);
    });
  };
  /// The outermost module that a box is part of and that is not open; empty if there is none.
  const auto whole = [&](const std::string& module) -> std::string {
    for (std::size_t level = 1; level <= module_depth(module); ++level)
      if (const std::string upper = upper_modules(module, level); !is_open(upper)) return upper;
    return "";
  };
  const auto folded_into = [&](const Box& box) -> Picture::Fold {
    constexpr std::string_view update = "update of ";
    std::string module = box.module;
    bool repeat = false;
    if (box.family != Box::none) {  // drawn with the state that it updates
      if (!box.folded_as.starts_with(update)) return {};
      module = outer_module(box.folded_as.substr(update.size()));
      for (const Repeats& r : picture.repeats)
        if (const std::string path = numbered_module(module).path; r.contains(path) && path != r.first)
          module = r.first + module.substr(path.size()), repeat = true;
    } else if (picture.folded(box)) {
      return {};
    }
    const std::string part = whole(module);
    if (part.empty())
      return box.family != Box::none && !module.empty() ? Picture::Fold{"updates", module, repeat} : Picture::Fold{};
    const std::string outside = outer_module(part);
    const std::string name = outside.empty() ? part : part.substr(outside.size() + 1);
    return {name + (box.phase == Phase::gradient ? ", gradients"
                    : box.phase == Phase::update ? ", updates"
                                                 : ""),
            outside, repeat};
  };
  // A module of one node stays that node, unless its gradient or its update is folded.
  std::map<std::string, std::size_t> counts;
  for (const Box& box : picture.boxes)
    if (box.family == Box::none) ++counts[whole(box.module)];
  picture.fold([&](const Box& box) {
    return box.family != Box::none || counts.at(whole(box.module)) > 1 ? folded_into(box) : Picture::Fold{};
  });
}

}  // namespace vitrine
