#include "compiler/picture_folds.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "compiler/escape.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

struct Numbered {
  std::string parent;  // "block"
  std::string module;  // "block.3"
};

/// The outermost numbered module that a module is or is part of; empty if there is none.
Numbered numbered(const std::string& module) {
  for (std::size_t begin = module.find('.'); begin != std::string::npos; begin = module.find('.', begin + 1)) {
    const std::size_t end = std::min(module.find('.', begin + 1), module.size());
    std::size_t number = 0;
    const char* last = module.data() + end;
    const auto [stop, error] = std::from_chars(module.data() + begin + 1, last, number);
    if (error == std::errc{} && stop == last) return {module.substr(0, begin), module.substr(0, end)};
  }
  return {};
}

/// How many names a module's path has, and its first `level` names.
std::size_t depth(const std::string& module) {
  return module.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(module, '.')) + 1;
}
std::string upper(const std::string& module, std::size_t level) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < level && end != std::string::npos; ++i) end = module.find('.', i == 0 ? 0 : end + 1);
  return level == 0 ? "" : module.substr(0, end);
}

std::string part(Phase phase) { return phase == Phase::gradient ? ", gradients" : ""; }

/// What a node computes, in words that are the same in every repeat of a module: its own module is left out, an operand
/// inside of it is a place among its nodes of that phase, one outside of it is only a type.
std::string in_words(Value v, const std::string& module, const std::string& own_module,
                     const std::map<std::uint32_t, std::string>& places) {
  const Node& node = v.node();
  std::string made = own_module.substr(module.size()) + "|" + (Sentence{} << node.type).str();
  if (node.leaf != Leaf::none) made += "|leaf " + std::to_string(static_cast<int>(node.leaf));
  if (!node.op) return made + "\n";
  made.append("|").append(node.op->name());
  for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
    made += "|" + in_json(a.name) + in_json(a.text);
  for (Value operand : node.operands) {
    const auto inside = places.find(operand.id);
    made += "|" + (inside != places.end() ? inside->second : (Sentence{} << operand.type()).str());
    const Node& from = operand.node();
    if (from.literal && from.literal->size() <= 64)
      made += in_json({reinterpret_cast<const char*>(from.literal->data()), from.literal->size()});
  }
  return made + "\n";
}

}  // namespace

void fold_updates(Picture& picture) {
  picture.fold([&](const Box& box) {
    return box.family == Box::none ? Picture::Fold{} : Picture::Fold{picture.families[box.family], ""};
  });
}

void fold_repeats(Picture& picture) {
  struct Module {
    std::string parent{};
    std::map<std::uint32_t, std::string> places{};  // of its nodes
    std::map<Phase, std::size_t> counts{};
    std::map<Phase, std::string> words{};
  };
  std::vector<std::string> order;
  std::map<std::string, Module> modules;
  for (const Box& box : picture.boxes) {
    const auto [parent, name] = numbered(box.module);
    if (name.empty() || picture.folded(box)) continue;
    const auto [at, fresh] = modules.try_emplace(name, Module{.parent = parent});
    if (fresh) order.push_back(name);
    Module& module = at->second;
    for (Value v : box.nodes) {
      module.places[v.id] =
          std::to_string(static_cast<int>(box.phase)) + "." + std::to_string(module.counts[box.phase]++);
      module.words[box.phase] += in_words(v, name, box.module, module.places);
    }
  }
  std::map<std::pair<std::string, Phase>, std::string> title;  // of a module's part that repeats an earlier one
  std::map<std::string, std::string> first;                    // who said the same words first
  for (const std::string& name : order)
    for (const auto& [phase, words] : modules.at(name).words) {
      const auto [at, fresh] = first.try_emplace(modules.at(name).parent + "\n" + part(phase) + "\n" + words, name);
      if (!fresh) title[{name, phase}] = name + part(phase) + ": the same as " + at->second;
    }
  constexpr std::string_view update = "update of ";
  picture.fold([&](const Box& box) {
    if (box.family != Box::none && box.folded_as.starts_with(update)) {  // of a state in a block that is now one box
      const std::string name = numbered(box.folded_as.substr(update.size())).module;
      return title.contains({name, Phase::forward}) ? Picture::Fold{"updates of " + name, ""} : Picture::Fold{};
    }
    const auto [parent, name] = numbered(box.module);
    const auto at = title.find({name, box.phase});
    return at == title.end() ? Picture::Fold{} : Picture::Fold{at->second, parent};
  });
}

void fold_down_to(Picture& picture, std::size_t most) {
  if (picture.boxes.size() <= most) return;
  picture.too_large = true;
  fold_updates(picture);
  if (picture.boxes.size() > most) fold_repeats(picture);
  constexpr std::size_t most_families = 24;  // more stand in a row that is wider than any screen
  const auto is_update = [](const Box& box) { return box.family != Box::none; };
  if (static_cast<std::size_t>(std::ranges::count_if(picture.boxes, is_update)) > std::min(most, most_families))
    picture.fold([&](const Box& box) { return is_update(box) ? Picture::Fold{"all updates", ""} : Picture::Fold{}; });

  std::size_t deepest = 0;
  for (const Box& box : picture.boxes) deepest = std::max(deepest, depth(box.module));
  for (std::size_t level = deepest; level > 0 && picture.boxes.size() > most; --level)
    picture.fold([&](const Box& box) {
      if (depth(box.module) < level) return Picture::Fold{};
      const std::string module = upper(box.module, level);
      return Picture::Fold{module + part(box.phase), upper(module, level - 1)};
    });
  if (picture.boxes.size() <= most) return;
  std::size_t seen = 0;
  picture.fold([&](const Box&) {
    return ++seen < most ? Picture::Fold{} : Picture::Fold{"everything after these", ""};
  });
}

}  // namespace vitrine
