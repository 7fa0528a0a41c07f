#include "compiler/units.hpp"

#include <algorithm>
#include <ranges>

#include "compiler/view.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/matmul.hpp"

namespace vitrine {

namespace {

std::vector<Value> needed(const Graph& graph) {
  std::set<std::uint32_t> wanted;
  for (const auto& [name, v] : graph.outputs()) wanted.insert(v.id);
  for (const auto& [state, next] : graph.updates()) wanted.insert(next.id);
  std::vector<Value> found;
  for (Value v : graph.topological() | std::views::reverse) {
    if (!wanted.contains(v.id)) continue;
    found.push_back(v);
    for (Value operand : v.operands()) wanted.insert(operand.id);
  }
  std::ranges::reverse(found);
  return found;
}

std::string described(Value v) { return "%" + std::to_string(v.id) + " = " + std::string(v.op()->name()); }

[[noreturn]] void refuse(Value v, const std::string& why) {
  throw InternalError("group @g" + std::to_string(v.node().group) + " cannot run as one step: " + described(v) + " " +
                      why);
}

bool same_sizes(const Shape& a, const Shape& b) { return std::ranges::equal(a, b, {}, &Axis::size, &Axis::size); }

/// What a constant expression of an op without operands is: 1 / N, say.
Constant evaluated(const Op& op, const Type& type) {
  Constant made{type, std::vector<std::byte>(type.bytes())};
  op.info->run(op.attributes.get(), {}, {type, made.bytes.data()});
  return made;
}

class Cutter {
 public:
  explicit Cutter(const Graph& graph) {
    made_.needed = needed(graph);
    for (Value v : made_.needed)
      if (v.op()) sort_in(v);
    find_stored(graph);
    for (auto& nodes : groups_) made_.units.push_back(unit_of(nodes));
  }
  Units take() { return std::move(made_); }

 private:
  void sort_in(Value v) {
    if (v.operands().empty()) {
      made_.sources.emplace(v.id, evaluated(*v.op(), v.type()));
      return;
    }
    const std::uint32_t group = v.node().group;
    const auto computed_with = group_of_.find(v.operands()[0].id);
    const bool inside =
        group != 0 && computed_with != group_of_.end() && groups_[computed_with->second].front().node().group == group;
    const bool view = is_layout(*v.op()) && (v.type().dtype == DType::f32 || v.op()->info->view);
    if (view && !inside) {
      made_.views.insert(v.id);
      return;
    }
    const auto [at, fresh] = group == 0 ? std::pair{numbers_.end(), true} : numbers_.try_emplace(group, groups_.size());
    const std::size_t number = fresh ? groups_.size() : at->second;
    if (fresh) groups_.emplace_back();
    groups_[number].push_back(v);
    group_of_[v.id] = number;
  }

  /// Values that someone outside of their unit reads.
  void find_stored(const Graph& graph) {
    for (const auto& [name, v] : graph.outputs()) stored_.insert(v.id);
    for (const auto& [state, next] : graph.updates()) stored_.insert(next.id);
    for (Value v : made_.needed)
      for (Value operand : v.operands()) {
        const auto from = group_of_.find(operand.id), to = group_of_.find(v.id);
        if (from != group_of_.end() && (to == group_of_.end() || to->second != from->second))
          stored_.insert(operand.id);
      }
  }

  /// Whether a kernel can compute it: f32 at the border, masks only on the way from one member to another.
  bool fits_kernel(Value v, const std::set<std::uint32_t>& members) const {
    if (!v.op()->info->elementwise() &&
        !(v.op()->info->view && v.type().dtype == DType::f32 && members.contains(v.operands()[0].id)))
      return false;
    const bool number = v.type().dtype == DType::f32,
               mask = v.type().dtype == DType::boolean && !stored_.contains(v.id);
    return (number || mask) && std::ranges::all_of(v.operands(), [&](Value o) {
             return o.type().dtype == DType::f32 || (o.type().dtype == DType::boolean && members.contains(o.id));
           });
  }

  Unit unit_of(const std::vector<Value>& nodes) const {
    Unit unit;
    std::set<std::uint32_t> members;
    for (Value v : nodes) {
      if (v.op()->info->sinks != Sinking::none && (members.contains(v.operands()[0].id) || reads_beside(v, nodes))) {
        unit.sinks.push_back(v);
        continue;
      }
      if (accompanies_one_of(nodes, v)) {
        for (Value other : unit.companions)
          if (*other.op() == *v.op()) refuse(v, "is computed twice by one step, which has it once");
        unit.companions.push_back(v);
        continue;
      }
      const bool renames_head = unit.head && v.op()->info->view && v.operands()[0] == unit.head;
      if (renames_head || fits_kernel(v, members)) {
        unit.members.push_back(v);
        members.insert(v.id);
        continue;
      }
      if (unit.head) refuse(v, "needs a step of its own, and so does " + described(unit.head));
      unit.head = v;
    }
    if (unit.head && stored_.contains(unit.head.id)) unit.stored.push_back(unit.head);
    for (Value v : unit.members)
      if (stored_.contains(v.id)) unit.stored.push_back(v);
    if (!unit.members.empty()) demand_representable(unit, members);
    return unit;
  }

  void demand_representable(const Unit& unit, const std::set<std::uint32_t>& members) const {
    const Shape iteration = iteration_of(unit);
    if (unit.head) {
      for (Value operand : unit.head.operands())
        if (members.contains(operand.id))
          refuse(unit.head, "reads %" + std::to_string(operand.id) +
                                " of its own group; only what follows it can be joined to it");
      if (unit.head.type().dtype != DType::f32 || !same_sizes(unit.head.type().shape, iteration))
        refuse(unit.head,
               (Sentence{} << "makes " << unit.head.type() << ", but its group runs over f32" << iteration).str());
    }
    for (Value v : unit.sinks) demand_sink(unit, v, iteration);
    for (Value v : unit.members) {
      if (v.op()->info->view && !same_sizes(v.type().shape, v.operands()[0].type().shape))
        refuse(v, "gives a value of its own group other axes");
      if (stored_.contains(v.id) && v.type().shape.elements() != iteration.elements())
        refuse(v, (Sentence{} << "is read outside of it and has other axes, " << v.type().shape << ", than the group, "
                              << iteration)
                      .str());
    }
  }

  static void demand_sink(const Unit& unit, Value sink, const Shape& iteration) {
    const Value operand = sink.operands()[0];
    if (operand.type().dtype != DType::f32 || !same_sizes(operand.type().shape, iteration))
      refuse(sink, (Sentence{} << "reads " << operand.type() << ", but its group runs over f32" << iteration).str());
    const bool pools = sink.op()->info->sinks == Sinking::pools;
    if (pools && !unit.head) refuse(sink, "pools images that no convolution of its group makes one by one");
    if (unit.head && !hands_to_sink(unit.head, sink))
      refuse(sink, "would have to read what follows " + described(unit.head) + ", chunk by chunk");
    if (pools && !unit.stored.empty())
      refuse(sink, "pools images of its group, of which " + described(unit.stored[0]) + " is stored");
    if (!pools && !axes_reduced(sink)) refuse(sink, "reduces axes between others");
    for (Value other : unit.sinks)
      if (!fit_together(sink, other)) refuse(sink, "goes another way than " + described(other));
    for (Value v : unit.members)
      if (std::ranges::find(v.operands(), sink) != v.operands().end())
        refuse(v, "reads " + described(sink) + ", which is complete only when its group is");
  }

  static bool accompanies_one_of(const std::vector<Value>& nodes, Value v) {
    return v.op()->info->companion_of && std::ranges::any_of(nodes, [&](Value head) { return accompanies(v, head); });
  }

  Units made_;
  std::vector<std::vector<Value>> groups_;
  std::map<std::uint32_t, std::size_t> numbers_;   // group in the graph -> index in groups_
  std::map<std::uint32_t, std::size_t> group_of_;  // node -> index in groups_
  std::set<std::uint32_t> stored_;
};

}  // namespace

bool accompanies(Value v, Value head) {
  const auto companion_of = v.op() ? v.op()->info->companion_of : nullptr;
  return companion_of && head.op() && v.operands() == head.operands() &&
         companion_of(v.op()->attributes.get()) == *head.op();
}

std::optional<Reduced> axes_reduced(Value sink) {
  const Shape &from = sink.operands()[0].type().shape, &to = sink.type().shape;
  bool kept = false, reduced_after_kept = false, kept_after_reduced = false, reduced = false;
  const int lacking = from.rank() - to.rank();
  for (int i = 0; i < from.rank(); ++i) {
    if (from[i].size == 1) continue;
    const bool goes = i < lacking || to[i - lacking].size == 1;
    kept_after_reduced |= !goes && reduced;
    reduced_after_kept |= goes && kept;
    (goes ? reduced : kept) = true;
  }
  if (kept_after_reduced && reduced_after_kept) return {};
  return kept_after_reduced   ? Reduced::first_axes
         : reduced_after_kept ? Reduced::last_axes
         : kept               ? Reduced::first_axes
                              : Reduced::all;
}

bool hands_to_sink(Value head, Value sink) {
  if (sink.op()->info->sinks == Sinking::pools) return as<Conv2d>(head);
  return as<Matmul>(head) && axes_reduced(sink) == Reduced::all;
}

bool fit_together(Value sink, Value other) {
  if (sink.op()->info->sinks == Sinking::pools || other.op()->info->sinks == Sinking::pools)
    return sink == other || accompanies(sink, other) || accompanies(other, sink);
  const auto reduced = axes_reduced(sink), by_other = axes_reduced(other);
  if (!reduced || !by_other || *reduced == Reduced::all || *by_other == Reduced::all) return reduced == by_other;
  const std::size_t n = sink.operands()[0].type().shape.elements(), kept = sink.type().shape.elements(),
                    kept_of_other = other.type().shape.elements();
  if (n == 0 || *reduced == *by_other) return n == 0 || kept == kept_of_other;
  // A row of the one that goes over the last axes, and the rows that the other adds up.
  const bool last = *reduced == Reduced::last_axes;
  const std::size_t row = n / (last ? kept : kept_of_other), columns = last ? kept_of_other : kept;
  return columns % row == 0;
}

bool reads_beside(Value reduction, const std::vector<Value>& group) {
  if (reduction.op()->info->sinks != Sinking::reduces) return false;
  const Value read = reduction.operands()[0];
  bool beside = false;
  for (Value v : group) {
    if (v == read || std::ranges::find(v.operands(), reduction) != v.operands().end()) return false;
    beside = beside || (v.op()->info->elementwise() && same_sizes(v.type().shape, read.type().shape));
  }
  return beside;
}

Units units_of(const Graph& graph) { return Cutter(graph).take(); }

Shape iteration_of(const Unit& unit) {
  Shape made = unit.members[0].type().shape;
  for (Value v : unit.members) {
    const Shape& other = v.type().shape;
    const Shape longer = other.rank() > made.rank() ? other : made,
                &shorter = other.rank() > made.rank() ? made : other;
    made = longer;
    for (int i = 1; i <= shorter.rank(); ++i) {
      const Axis &a = longer[-i], &b = shorter[-i];
      if (a.size != b.size && a.size != 1 && b.size != 1)
        throw InternalError((Sentence{} << "group @g" << unit.members[0].node().group
                                        << " cannot run as one step: its nodes have axes " << shorter << " and "
                                        << longer << ", which do not broadcast")
                                .str());
      made = made.with(-i, a.size == 1 ? b : a);
    }
  }
  return made;
}

}  // namespace vitrine
