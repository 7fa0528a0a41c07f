#include "compiler/cut_sizes.hpp"

#include <algorithm>
#include <set>

#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Line = Sketch::Line;

/// Axes that are resized together: all of one size, or those of them with one name (or none).
struct Axes {
  std::size_t size;
  std::optional<std::string> label;
  auto operator<=>(const Axes&) const = default;
  bool contain(const Axis& axis) const { return axis.size == size && (!label || *label == axis.label()); }
};

/// Calls visit(axis) for each axis in an attribute's text, and writes it anew; a text of another kind stays.
template <class Visit> void visit_attribute(std::string& text, Visit&& visit) {
  try {
    if (text.starts_with('[')) {
      Shape shape;
      parse_attribute(text, shape);
      for (int i = 0; i < shape.rank(); ++i) visit(shape.axes[static_cast<std::size_t>(i)]);
      text = print_attribute(shape);
    } else {
      Axis axis;
      parse_attribute(text, axis);
      visit(axis);
      text = print_attribute(axis);
    }
  } catch (const UsageError&) {  // an attribute of another kind
  }
}

std::vector<Axes> axes_of(const Sketch& s, std::size_t above) {
  std::set<Axes> found;
  const auto take = [&](const Axis& axis) {
    if (axis.size <= above) return;
    found.insert({axis.size, {}});
    found.insert({axis.size, std::string(axis.label())});
  };
  for (const Line& line : s.lines) {
    if (line.node.leaf == Leaf::constant) continue;  // its elements are counted
    for (const Axis& axis : line.node.type.shape) take(axis);
  }
  return {found.begin(), found.end()};
}

void resize(Line& line, const std::vector<Axes>& axes, std::size_t (*smaller)(std::size_t)) {
  const auto change = [&](Axis& axis) {
    if (std::ranges::any_of(axes, [&](const Axes& each) { return each.contain(axis); })) axis.size = smaller(axis.size);
  };
  if (!line.node.op) {
    if (line.node.leaf == Leaf::constant) return;
    for (int i = 0; i < line.node.type.shape.rank(); ++i)
      change(line.node.type.shape.axes[static_cast<std::size_t>(i)]);
    return;
  }
  auto attributes = line.node.op->info->print(line.node.op->attributes.get());
  for (Attribute& attribute : attributes) visit_attribute(attribute.text, change);
  try {
    line.resized = line.node.op->info->parse(attributes);
  } catch (const UsageError&) {  // what looked like a shape was an order of axes
  }
}

template <std::size_t (*Smaller)(std::size_t), std::size_t Above> Cut sizes_cut(std::string_view name) {
  return {name, [](const Sketch& s) { return axes_of(s, Above).size(); },
          [](Sketch& s, std::size_t first, std::size_t last) {
            const auto axes = part(axes_of(s, Above), first, last);
            for (Line& line : s.lines) resize(line, axes, Smaller);
          }};
}
std::size_t one(std::size_t) { return 1; }
std::size_t two(std::size_t) { return 2; }
std::size_t half(std::size_t size) { return size / 2; }
std::size_t one_less(std::size_t size) { return size - 1; }

}  // namespace

const Cut sizes_to_one = sizes_cut<one, 1>("sizes to 1");
const Cut sizes_to_two = sizes_cut<two, 2>("sizes to 2");
const Cut sizes_halved = sizes_cut<half, 3>("sizes halved");
const Cut sizes_one_less = sizes_cut<one_less, 3>("sizes one less");

}  // namespace vitrine
