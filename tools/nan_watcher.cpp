#include "tools/nan_watcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "compiler/escape.hpp"
#include "compiler/print.hpp"
#include "compiler/view.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

bool is_nan(float x) { return std::isnan(x); }
bool is_infinite(float x) { return std::isinf(x); }

/// Whether there is one in a result. (The plain loop over bits runs over every result of every step.)
bool all_finite(std::span<const float> numbers) {
  bool finite = true;
  for (const float x : numbers) finite &= (__builtin_bit_cast(std::uint32_t, x) & 0x7f800000u) != 0x7f800000u;
  return finite;
}

std::span<const float> result(const Slot& slot, const Memory& memory) {
  return {memory.floats(slot), slot.type.shape.elements()};
}

bool overlap(const Slot& operand, const Slot& result, const Memory& memory) {
  if (operand.space != result.space || operand.index != result.index) return false;
  std::ptrdiff_t last = 0;
  for (int i = 0; i < operand.type.shape.rank(); ++i) {
    if (operand.type.shape[i].size == 0) return false;
    last += static_cast<std::ptrdiff_t>(operand.type.shape[i].size - 1) * operand.strides[static_cast<std::size_t>(i)];
  }
  const auto size = static_cast<std::ptrdiff_t>(size_of(operand.type.dtype));
  const std::byte *begin = memory.at(operand) + std::min<std::ptrdiff_t>(last, 0) * size,
                  *end = memory.at(operand) + (std::max<std::ptrdiff_t>(last, 0) + 1) * size,
                  *other = memory.at(result);
  return begin < other + result.type.bytes() && other < end;
}

/// "[2, 5]"; "" of a number.
std::string place_text(const Shape& shape, std::size_t element) {
  std::string text;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    text = fmt::format("{}{}{}", element % shape[i].size, text.empty() ? "" : ", ", text);
    element /= shape[i].size;
  }
  return text.empty() ? "" : "[" + text + "]";
}

/// The line that a node comes from: its own, or that of what it was made of.
Location location_of(const Graph& graph, Value v, int depth = 0) {
  Location at = v.node().at;
  for (const std::uint32_t id : v.node().origin) {
    if (at.line != 0 || depth > 16) break;
    if (id >= graph.end_of_ids() || id == v.id) continue;
    const Location from = location_of(graph, Value{v.graph, id}, depth + 1);
    if (from.line != 0) at.file = from.file, at.line = from.line;
    if (at.module.empty()) at.module = from.module;
  }
  return at;
}

/// "(model.cpp:12, in up)"
std::string origin_text(const Graph& graph, Value v) {
  const Location at = location_of(graph, v);
  std::string text = at.line ? fmt::format("{}:{}", at.file, at.line) : "no line known";
  if (!at.module.empty()) text += ", in " + at.module;
  const Phase phase = v.node().phase;
  if (phase == Phase::gradient) text += ", on the way back";
  if (phase == Phase::update) text += ", in the update";
  return visible(text);
}

std::string node_text(const Graph& graph, Value v) {
  return fmt::format("{} ({})", visible(line_of(v)), origin_text(graph, v));
}

/// "the input 'x'" of a leaf, or of what only looks at one; "" of anything else.
std::string leaf_text(Value v) {
  while (v.op() && !v.operands().empty() && is_layout(*v.op())) v = v.operands()[0];
  const Node& node = v.node();
  if (node.leaf == Leaf::input) return fmt::format("the input '{}'", visible(node.name));
  if (node.leaf == Leaf::state) return fmt::format("the state '{}'", visible(node.name));
  if (node.leaf == Leaf::constant) return fmt::format("the constant {}", visible(name_of(v)));
  return "";
}

/// What the operands of a node held where it made its NaN.
class Held {
 public:
  Held(const Graph& graph, const StepValues& values, const std::map<std::uint32_t, std::string>& infinite)
      : graph_(graph), values_(values), infinite_(infinite) {}

  std::string text(Place at) const {
    std::string all;
    for (Value operand : at.node.operands()) {
      if (operand.type().dtype != DType::f32) continue;
      all += (all.empty() ? "" : "; ") +
             (at.node.op()->info->elementwise()
                  ? element(operand, operand_element(at.node.type().shape, at.element, operand.type().shape))
                  : tensor(operand));
    }
    return all.empty() ? "its operands hold no numbers" : all;
  }

 private:
  std::string element(Value operand, std::size_t element) const {
    const float x = values_.floats(operand)[element];
    if (operand.node().leaf == Leaf::constant && operand.type() == Type{}) return fmt::format("{} is a constant", x);
    return fmt::format("{} is {} there{}", visible(name_of(operand)), x,
                       is_infinite(x) ? maker({operand, element}) : "");
  }
  std::string tensor(Value operand) const {
    const auto numbers = values_.floats(operand);
    if (numbers.empty()) return fmt::format("{} is empty", visible(name_of(operand)));
    const auto infinities = static_cast<std::size_t>(std::ranges::count_if(numbers, is_infinite));
    if (infinities == 0) {
      const auto [least, most] = std::ranges::minmax(numbers);
      return fmt::format("{} is from {} to {}", visible(name_of(operand)), least, most);
    }
    const auto first = static_cast<std::size_t>(std::ranges::find_if(numbers, is_infinite) - numbers.begin());
    return fmt::format("{} of {} numbers of {} are infinite, the first at {}{}", infinities, numbers.size(),
                       visible(name_of(operand)), place_text(operand.type().shape, first), maker({operand, first}));
  }
  std::string maker(Place infinite) const {
    const Place from = values_.origin(infinite, is_infinite);
    if (values_.computes(from.node)) return ", made by " + node_text(graph_, from.node);
    const auto known = infinite_.find(from.node.id);
    const std::string leaf = leaf_text(from.node);
    if (known != infinite_.end()) return ", made by " + known->second;
    return leaf.empty() ? "" : ", as " + leaf + " holds it";
  }

  const Graph& graph_;
  const StepValues& values_;
  const std::map<std::uint32_t, std::string>& infinite_;
};

}  // namespace

NanWatcher::NanWatcher(Graph graph, std::span<const Pass> passes) : graph_(std::move(graph)) {
  optimize(graph_, passes);
  rank_.resize(graph_.end_of_ids());
  for (std::uint32_t rank = 0; Value v : graph_.topological()) rank_[v.id] = rank++;
}

void NanWatcher::begin(std::string where) {
  where_ = std::move(where);
  infinite_.clear();
}

void NanWatcher::before(const Step& step, const Memory& memory) {
  kept_.clear();
  for (std::size_t k = 0; k < step.operands.size(); ++k)
    if (std::ranges::any_of(step.results, [&](const Slot& slot) { return overlap(step.operands[k], slot, memory); }))
      kept_[k] = dense_bytes(step.operands[k], memory);
}

void NanWatcher::after(const Step& step, const Memory& memory) {
  bool nan = false, finite = true;
  for (const Slot& slot : step.results) {
    if (slot.type.dtype != DType::f32 || all_finite(result(slot, memory))) continue;
    finite = false;
    nan = nan || std::ranges::any_of(result(slot, memory), is_nan);
  }
  if (nan) find(step, memory);
  if (!finite) note_infinities(step, memory);
}

std::vector<std::vector<std::byte>> NanWatcher::operands(const Step& step, const Memory& memory) const {
  std::vector<std::vector<std::byte>> made;
  for (std::size_t k = 0; k < step.operands.size(); ++k) {
    const auto kept = kept_.find(k);
    made.push_back(kept != kept_.end() ? kept->second : dense_bytes(step.operands[k], memory));
  }
  return made;
}

/// An infinity is no NaN yet, but the next op may make one of it: who made it must be known then.
void NanWatcher::note_infinities(const Step& step, const Memory& memory) {
  if (step.operand_nodes.empty()) return;  // a copy
  const auto given = operands(step, memory);
  std::string from;  // where it came into the step; an operand that holds one explains them all
  for (std::size_t k = 0; k < given.size() && from.empty(); ++k) {
    const std::span numbers(reinterpret_cast<const float*>(given[k].data()), given[k].size() / sizeof(float));
    if (step.operands[k].type.dtype != DType::f32 || std::ranges::none_of(numbers, is_infinite)) continue;
    const std::uint32_t id = step.operand_nodes[k];
    const auto known = infinite_.find(id);
    from = known != infinite_.end() ? known->second : leaf_text(graph_.find(id));
  }
  std::optional<StepValues> values;
  for (const Slot& slot : step.results) {
    const Value node = graph_.find(slot.value);
    if (!node || slot.type.dtype != DType::f32 || std::ranges::none_of(result(slot, memory), is_infinite)) continue;
    std::string& made = infinite_[node.id] = from;
    if (!made.empty()) continue;
    if (!values) values.emplace(graph_, rank_, step, given);
    const auto numbers = values->floats(node);
    const auto first = std::ranges::find_if(numbers, is_infinite);
    const Place at{node, static_cast<std::size_t>(first - numbers.begin())};
    made = node_text(graph_, first == numbers.end() ? node : values->origin(at, is_infinite).node);
  }
}

/// Elementwise nodes have the bits of their definitions, so it is the head that added up to a NaN in its own order.
void NanWatcher::differs(const Step& step, Place at, const StepValues& values) const {
  Value head = at.node;
  for (const std::uint32_t id : step.nodes)
    if (rank_[id] < rank_[head.id]) head = graph_.find(id);
  throw CheckError(fmt::format(
      "{}: the first nan is made by {}, which its kernel '{}' adds up in another order than the op's definition, where "
      "it is none: {}; mend the model there, or what feeds it, so that no sum overflows",
      where_, node_text(graph_, head), step.choice.kernel, Held(graph_, values, infinite_).text({head, 0})));
}

void NanWatcher::find(const Step& step, const Memory& memory) const {
  const auto given = operands(step, memory);
  if (step.operand_nodes.empty()) {
    // A copy hands on what no step before it made: a leaf's.
    const Slot& from = step.operands[0];
    const Value node = graph_.find(from.value);
    throw InputError(fmt::format("{}: {} holds a nan; mend where it comes from", where_,
                                 node ? leaf_text(node) : std::string("what the program reads")));
  }
  const StepValues values(graph_, rank_, step, given);
  // Of several results the one that the graph computes first.
  std::vector<Place> places;
  for (const Slot& slot : step.results) {
    if (slot.type.dtype != DType::f32) continue;
    const auto stored = result(slot, memory);
    const auto first = std::ranges::find_if(stored, is_nan);
    if (first != stored.end())
      places.push_back({graph_.find(slot.value), static_cast<std::size_t>(first - stored.begin())});
  }
  std::ranges::sort(places, {}, [&](const Place& place) { return rank_[place.node.id]; });
  Place at = places.front();
  const auto defined = values.floats(at.node);
  if (!is_nan(defined[at.element])) {
    const auto other = std::ranges::find_if(defined, is_nan);
    if (other == defined.end()) differs(step, at, values);
    at.element = static_cast<std::size_t>(other - defined.begin());
  }
  at = values.origin(at, is_nan);
  if (!values.computes(at.node)) {
    const std::string leaf = leaf_text(at.node);
    throw InputError(fmt::format("{}: {} holds a nan already, at {}; mend where it comes from", where_,
                                 leaf.empty() ? visible(line_of(at.node)) : leaf,
                                 place_text(at.node.type().shape, at.element)));
  }
  const std::string place = place_text(at.node.type().shape, at.element);
  throw CheckError(fmt::format("{}: the first nan is made by {}{}: {}; mend the model there, or what feeds it", where_,
                               node_text(graph_, at.node), place.empty() ? "" : " at " + place,
                               Held(graph_, values, infinite_).text(at)));
}

std::unique_ptr<NanWatcher> nan_watcher(bool asked, const Graph& graph, std::span<const Pass> passes) {
  return asked ? std::make_unique<NanWatcher>(graph, passes) : nullptr;
}

}  // namespace vitrine
