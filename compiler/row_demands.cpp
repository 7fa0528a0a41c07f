#include "compiler/row_demands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "compiler/print.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

[[noreturn]] void refuse(Value v, std::string_view axis, const std::string& why, const std::string& help) {
  throw UsageError(fmt::format("decode: {} does not go on along {}: {}; {}", line_of(v), axis, why, help));
}

/// Whether an op does with fewer rows what it does with all: given so many of each operand, it makes so many.
bool makes_rows(Value v, int axis, std::size_t rows, std::span<const std::optional<RowPath>> paths) {
  std::vector<Type> in;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    Type type = v.operands()[k].type();
    if (paths[k]) {
      const auto wider = static_cast<std::size_t>(paths[k]->last - paths[k]->first);
      type.shape = type.shape.with(paths[k]->axis, Axis(rows + wider));
    }
    in.push_back(type);
  }
  const Inferred made = v.op()->type(in);
  return made.ok() && made.type.shape.rank() == v.type().shape.rank() && made.type.shape[axis].size == rows;
}

}  // namespace

std::optional<RowPath> row_path(Value v, std::size_t operand, int axis) {
  const Shape& from = v.operands()[operand].type().shape;
  const std::size_t size = v.type().shape[axis].size;
  for (int a = 0; a < from.rank(); ++a) {
    const auto there = followed({a, 1, from[a].size, 0, 0}, v, operand);
    if (there && there->axis == axis && there->inner == 1 && there->size == size)
      return RowPath{a, there->first, there->last};
  }
  return {};
}

GoesOn::GoesOn(const Graph& full, std::string_view axis)
    : full_(full), axis_(axis), dependence_(full, axis), sequence_(full, [&] {
        for (Value v : full.topological())
          if (v.node().leaf == Leaf::input && v.type().shape.rank() > 1 && v.type().shape[1].label() == axis)
            return v.type().shape[0].label();
        return std::string_view();
      }()) {
  for (Value v : full.topological())
    if (v.node().leaf == Leaf::input)
      for (const Axis& a : v.type().shape)
        if (a.label() == axis) size_ = a.size;
  for (Value v : full.topological())
    for (const Places& p : dependence_.made_of(v).along)
      if (const Axis& a = v.type().shape[p.axis]; a.named() && p.inner == 1 && a.size == size_)
        names_.insert(std::string(a.label()));
}

std::optional<int> GoesOn::kept_along(Value v) const {
  if (v.type().dtype != DType::f32 && v.type().dtype != DType::i32) return {};  // a mask: who it is made of is kept
  const Dependence made = dependence_.of(v);
  const MadeOf& of = dependence_.made_of(v);
  if (made == Dependence::all || of.along.size() != 1 || of.along[0].inner != 1) return {};
  const int axis = of.along[0].axis;
  if (v.type().shape[axis].size != size_ || sequence_axis(v) != 0) return {};
  return axis;
}

std::optional<int> GoesOn::sequence_axis(Value v) const {
  const MadeOf& of = sequence_.made_of(v);
  if (of.anything || of.along.size() != 1 || of.along[0].inner != 1 || of.along[0].first != 0 || of.along[0].last != 0)
    return {};
  return of.along[0].axis;
}

RowDemands::RowDemands(const GoesOn& goes_on, std::span<const Value> results, bool last, std::size_t rows,
                       const std::set<std::uint32_t>& kept)
    : goes_on_(goes_on), count_(rows), kept_(kept) {
  for (Value v : results) {
    const std::vector<Places>& along = goes_on.dependence().made_of(v).along;
    if (along.size() != 1 || along[0].inner != 1)
      refuse(v, goes_on.axis(), "none of its axes tells which of its rows are new", "hand out what has the axis");
    want_rows(v, along[0].axis, {}, last);
  }
  for (Value v : goes_on.graph().topological() | std::views::reverse)
    if (goes_on.moves(v)) visit(v);
}

const RowDemand& RowDemands::of(Value v) const {
  static const RowDemand none;
  const auto found = demands_.find(v.id);
  return found == demands_.end() ? none : found->second;
}

void RowDemands::want_rows(Value v, int axis, RowInterval interval, bool last) {
  if (!goes_on_.moves(v)) return;  // made where it is read
  RowDemand& demand = demands_[v.id];
  if (demand.axis >= 0 && demand.axis != axis)
    refuse(v, goes_on_.axis(), fmt::format("rows along its axes {} and {} are wanted of it", demand.axis, axis),
           "use a copy for one of them");
  demand.axis = axis;
  if (last) {
    demand.last = true;
    return;
  }
  demand.interval = demand.rows ? demand.interval.with(interval) : interval;
  demand.rows = true;
}

void RowDemands::want_whole(Value v, std::ptrdiff_t back, bool ring) {
  if (!goes_on_.moves(v)) return;
  RowDemand& demand = demands_[v.id];
  demand.ring = demand.ring && ring;
  demand.whole = true;
  demand.back = std::max(demand.back, back);
  wholes_.insert(v.id);
}

void RowDemands::visit(Value v) {
  const auto found = demands_.find(v.id);
  if (found == demands_.end()) return;
  RowDemand& demand = found->second;
  if (demand.whole) {
    if (kept_.contains(v.id)) {
      want_rows(v, *goes_on_.kept_along(v), {}, false);
    } else {
      if (!v.op()) refuse(v, goes_on_.axis(), "all of it is wanted at once", "give it a batch and this axis");
      for (Value operand : v.operands()) want_whole(operand, AxisReach::far, false);
    }
  }
  if (demand.rows || demand.last) visit_rows(v, demand);
}

void RowDemands::visit_rows(Value v, RowDemand& demand) {
  if (!v.op()) {
    if (demand.rows) demand.tail = static_cast<std::size_t>(-demand.interval.first);
    if (demand.rows && demand.interval.last > 0)
      refuse(v, goes_on_.axis(), fmt::format("{} places that are to come are wanted of it", demand.interval.last),
             "let no place see later ones");
    return;
  }
  std::vector<std::optional<RowPath>> paths;
  bool same = true, moves = true, far = false;
  for (std::size_t k = 0; k < v.operands().size(); ++k) {
    paths.push_back(row_path(v, k, demand.axis));
    if (!paths.back() && v.op()->info->view && goes_on_.moves(v.operands()[k]))
      refuse(v, goes_on_.axis(), "it merges the axis with another, so that rows lie apart",
             "leave the axis as one of its own; a matmul takes any number of axes before its rows");
    if (!paths.back()) continue;
    same = same && paths.back()->same(), moves = moves && paths.back()->moves(), far = far || paths.back()->far();
  }
  const auto fits = [&](RowInterval i) {
    return makes_rows(v, demand.axis, count_ + static_cast<std::size_t>(i.last - i.first), paths);
  };
  const bool own_way = v.op()->info->continued && !(same && fits({}));
  demand.own_way = own_way;
  // What keeps something from run to run does so for all rows, and so does what sees more than the last one.
  if (demand.last && !(same && !own_way) && !(own_way && far && !v.op()->info->carries)) {
    if (!demand.rows) demand.interval = {};
    demand.rows = true;
  }
  // Rows from before are kept here, or else below what only moves rows.
  const bool keeps_here = demand.rows && demand.interval.first < 0 && demand.interval.last <= 0 && !(own_way && moves);
  demand.tail = keeps_here ? static_cast<std::size_t>(-demand.interval.first) : 0;
  const RowInterval own = keeps_here ? RowInterval{} : demand.interval;
  demand.taken = !own_way && !same && (far || !fits(own));
  const bool last = !demand.rows;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    const Value operand = v.operands()[k];
    const auto& path = paths[k];
    if (demand.taken || !path)
      want_whole(operand, AxisReach::far, false);
    else if (own_way && path->far() && v.op()->info->carries)
      want_rows(operand, path->axis, own, false);
    else if (own_way && !path->moves())
      want_whole(operand, -path->first, !path->far());
    else
      want_rows(operand, path->axis, {own.first + path->first, own.last + path->last}, last);
  }
}

}  // namespace vitrine
