#include "compiler/dot_edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "compiler/dot_style.hpp"
#include "compiler/escape.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

/// Whether a formula is a chain of one commutative function over operands 0 to n-1, each once: then their order says
/// nothing. Read off the formula, so that it holds for a user's own op too.
bool collect(const Symbol& term, Scalar function, std::vector<std::size_t>& inputs) {
  if (term->op == Scalar::input) return inputs.push_back(term->index), true;
  return term->op == function && collect(term->from[0], function, inputs) && collect(term->from[1], function, inputs);
}
bool is_commutative(const Node& node) {
  if (!node.op->info->elementwise()) return false;
  const Symbol formula = node.op->formula(node.operands.size());
  constexpr std::array functions{Scalar::add, Scalar::multiply, Scalar::maximum, Scalar::minimum, Scalar::equal};
  if (std::ranges::find(functions, formula->op) == functions.end()) return false;
  std::vector<std::size_t> inputs;
  if (!collect(formula, formula->op, inputs)) return false;
  std::ranges::sort(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i] != i) return false;
  return inputs.size() == node.operands.size() && (formula->op != Scalar::equal || inputs.size() == 2);
}

bool shows_slots(const Graph& graph, const Node& node) {
  std::set<std::uint32_t> distinct;
  for (Value operand : node.operands)
    if (!is_number(graph, operand)) distinct.insert(operand.id);
  return distinct.size() > 1 && !is_commutative(node);
}

/// The number beside the arrow that enters at an edge's head or tail. Operand 0 mostly comes from the left and the
/// others from its right; the angle turns each number off its arrow and away from the box.
std::string number_at(std::string_view end, const std::string& slot) {
  const int angle = (slot == "0") == (end == "head") ? -25 : 25;
  return fmt::format(", {}label=\"{}\", labelangle={}", end, slot, angle);
}

class Edges {
 public:
  explicit Edges(const Picture& picture) : picture_(picture) {
    for (const auto& [state, next] : picture.graph->updates())
      updates_.insert({picture.box_of(next), picture.box_of(state)});
  }

  std::string write() {
    for (std::size_t i = 0; i < picture_.boxes.size(); ++i)
      for (const auto* nodes : {&picture_.boxes[i].nodes, &picture_.boxes[i].repeats})
        for (Value v : *nodes) operands(i, v);
    for (const auto& [state, next] : picture_.graph->updates()) becomes(state, next);
    for (std::size_t i = 0; i < picture_.boxes.size(); ++i) beside_origin(i);
    return text_;
  }

 private:
  void operands(std::size_t to, Value v) {
    const Node& node = v.node();
    const bool slots = node.op && !picture_.folded(picture_.boxes[to]) && shows_slots(*picture_.graph, node);
    for (std::size_t slot = 0; slot < node.operands.size(); ++slot) {
      const Value operand = node.operands[slot];
      const std::size_t from = picture_.box_of(operand);
      if (from == Box::none) continue;
      if (picture_.hands_on(operand, v)) {
        if (handed_on_.insert({from, to}).second) hand_on(from, to, operand, v);
        continue;
      }
      if (from == to || reads_its_own_state(from, to)) continue;
      const bool folded = picture_.folded(picture_.boxes[from]) || picture_.folded(picture_.boxes[to]);
      const bool once = folded || !picture_.boxes[to].repeats.empty();  // repeats say the same again
      if (once && !drawn_.insert({from, to, folded ? 0 : slot}).second) continue;
      arrow(from, to, operand, v, slots ? std::to_string(slot) : "");
    }
  }

  /// What one repeat makes and the next one reads, or of gradients the one before.
  void hand_on(std::size_t from, std::size_t to, Value operand, Value user) {
    const bool forwards = picture_.turn_of_id[operand.id].turn < picture_.turn_of_id[user.id].turn;
    const std::string_view where = forwards ? "to the next" : "to the one before";
    const std::string tooltip = fmt::format("%{} to %{}, from one repeat {}: {}", operand.id, user.id, where,
                                            (Sentence{} << operand.type()).str());
    line(from, to,
         fmt::format(
             "tooltip={}, color=\"{}\", style=bold, constraint=false, label=\"{}\", fontsize=10, fontcolor=\"{}\"",
             in_dot(tooltip), look::repeat_ink, where, look::repeat_ink));
  }

  /// A folded update reads the state that it changes; the arrow back to the state says it already.
  bool reads_its_own_state(std::size_t from, std::size_t to) const {
    return picture_.folded(picture_.boxes[to]) && updates_.contains({to, from});
  }

  /// Gradients are computed from the loss up. Drawn as reversed edges they stand beside the forward nodes that they
  /// belong to, and not below all of them. What is merely read from elsewhere (a forward value, the learning rate) has
  /// no say in where things stand.
  void arrow(std::size_t from, std::size_t to, Value operand, Value user, const std::string& slot) {
    const Box &source = picture_.boxes[from], &target = picture_.boxes[to];
    const bool upwards = source.phase != Phase::forward;
    const bool from_elsewhere = (source.phase == Phase::forward && target.phase != Phase::forward) ||
                                (source.family != Box::none && target.family != source.family);
    std::string looks =
        "tooltip=" + in_dot(fmt::format("%{} to %{}: {}", operand.id, user.id, (Sentence{} << operand.type()).str()));
    if (from_elsewhere)
      looks += fmt::format(", color=\"{}\", style=dashed", look::faint_line);
    else if (source.phase == Phase::gradient)
      looks += fmt::format(", color=\"{}\"", look::gradient_ink);
    else if (target.phase == Phase::update)
      looks += fmt::format(", color=\"{}\"", look::update_ink);
    const bool folded = picture_.folded(source) && picture_.folded(target) && picture_.repeats.empty();
    if (from_elsewhere && !folded) {
      if (!slot.empty()) looks += number_at("head", slot);
      return line(from, to, looks + ", constraint=false");
    }
    if (!slot.empty()) looks += number_at(upwards ? "tail" : "head", slot);
    if (!picture_.repeats.empty() && source.phase == Phase::gradient && target.phase == Phase::update) {
      // What a module's updates are folded into stands beside its gradients; what all of them share, anywhere.
      if (!updates_a_module(target)) return line(from, to, looks + ", constraint=false");
      looks += ", minlen=0";
    }
    if (upwards)
      line(to, from, looks + ", dir=back");
    else
      line(from, to, looks);
  }

  /// Whether the updates of several parameters are drawn as one, beside the module that they are in.
  bool updates_a_module(const Box& box) const {
    return !picture_.repeats.empty() && box.family != Box::none && box.folded_as != picture_.families[box.family];
  }

  void becomes(Value state, Value next) {
    const std::size_t from = picture_.box_of(next), to = picture_.box_of(state);
    if (from == Box::none || to == Box::none || from == to || !updated_.insert({from, to}).second) return;
    line(from, to,
         fmt::format("tooltip=\"the next value of %{}\", color=\"{}\", style=bold, constraint=false, arrowhead=empty",
                     state.id, look::update_ink));
  }

  /// Keeps a gradient, or what a module's updates are folded into, at the height of its forward node or below it. Where
  /// nothing is read, as at the loss, the line is drawn: there the gradients begin.
  void beside_origin(std::size_t i) {
    const Box& box = picture_.boxes[i];
    if (box.phase != Phase::gradient && !updates_a_module(box)) return;
    const bool begins = box.phase == Phase::gradient && std::ranges::all_of(box.nodes.front().operands(), [&](Value v) {
                          return picture_.box_of(v) == Box::none;
                        });
    const std::size_t from = origin_of(box);
    if (from == Box::none) return;
    if (begins)
      line(from, i,
           fmt::format("tooltip=\"gradients begin here\", color=\"{}\", style=dotted, arrowhead=none",
                       look::gradient_ink));
    else
      line(from, i, "style=invis, minlen=0, weight=2");
  }

  /// The forward box that most of a gradient box's nodes were made of.
  std::size_t origin_of(const Box& box) const {
    std::map<std::size_t, std::size_t> counts;
    for (Value v : box.nodes)
      for (const std::uint32_t id : v.node().origin) {
        const Value origin = picture_.graph->find(id);
        const std::size_t from = origin ? picture_.box_of(origin) : Box::none;
        if (from == Box::none || picture_.boxes[from].phase != Phase::forward) continue;
        ++counts[from];
        break;
      }
    const auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
    return most == counts.end() ? Box::none : most->first;
  }

  void line(std::size_t from, std::size_t to, std::string_view looks) {
    text_ += fmt::format("  {} -> {} [{}];\n", dot_id(picture_, from), dot_id(picture_, to), looks);
  }

  const Picture& picture_;
  std::string text_{};
  std::set<std::tuple<std::size_t, std::size_t, std::size_t>> drawn_{};  // from, to, slot
  std::set<std::pair<std::size_t, std::size_t>> handed_on_{}, updated_{},
      updates_{};  // from, to; the last: all there are
};

}  // namespace

std::string dot_id(const Picture& picture, std::size_t box) {
  const Box& b = picture.boxes[box];
  return (picture.folded(b) ? "f" : "n") + std::to_string(b.nodes.front().id);
}

std::string dot_edges(const Picture& picture) { return Edges(picture).write(); }

}  // namespace vitrine
