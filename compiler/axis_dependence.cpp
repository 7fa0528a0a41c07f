#include "compiler/axis_dependence.hpp"

#include <algorithm>

#include "compiler/ahead.hpp"

namespace vitrine {

namespace {

std::ptrdiff_t sum(std::ptrdiff_t a, std::ptrdiff_t b) { return std::clamp(a + b, -AxisReach::far, AxisReach::far); }

std::size_t stride_of(const Shape& shape, int axis) {
  std::size_t stride = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) stride *= shape[i].size;
  return stride;
}

bool is_whole(const Places& p, const Shape& shape) { return p.inner == 1 && p.size == shape[p.axis].size; }

/// The same positions under other axes: in row-major order element number n stands for position (n / stride) % size,
/// whatever the axes are. No axis may tell it alone, as where time was cut into rows.
bool put_under(const Shape& from, const Shape& to, Places& p) {
  const std::size_t stride = p.inner * stride_of(from, p.axis), period = stride * p.size;
  if (period == 0) return false;
  for (int i = 0; i < to.rank(); ++i) {
    const std::size_t step = stride_of(to, i);
    if (step == 0 || stride % step != 0 || step * to[i].size % period != 0) continue;
    p.axis = i;
    p.inner = stride / step;
    return true;
  }
  return false;
}

/// How a walk sees an axis of its operand.
AxisReach reach_of_walk(const Walk& walk, int axis, const Shape& out) {
  for (int i = 0; i < out.rank(); ++i) {
    const AxisWalk& along = walk[static_cast<std::size_t>(i)];
    if (along.axis == axis)
      return along.step == 1 || out[i].size == 1 ? AxisReach{i, along.begin, along.begin} : reaches_anything;
  }
  return reaches_anything;
}

void unite(std::vector<Places>& all, const Places& more) {
  const auto same = std::ranges::find_if(
      all, [&](const Places& p) { return p.axis == more.axis && p.inner == more.inner && p.size == more.size; });
  if (same == all.end()) return all.push_back(more);
  same->first = std::min(same->first, more.first);
  same->last = std::max(same->last, more.last);
}

}  // namespace

bool MadeOf::looks_ahead() const {
  return anything || std::ranges::any_of(along, [](const Places& p) { return p.last > 0; });
}

AxisReach reach_of(const Op& op, std::size_t operand, int axis, std::span<const Type> in, const Type& out) {
  const OpInfo& info = *op.info;
  if (info.reach) return info.reach(op.attributes.get(), operand, axis, in, out);
  if (info.walk) return reach_of_walk(info.walk(op.attributes.get(), in[0], out), axis, out.shape);
  return info.formula ? keeps_broadcast(axis, in[operand].shape, out.shape) : reaches_anything;
}

std::optional<Places> followed(const Places& p, Value v, std::size_t operand) {
  const Shape &from = v.operands()[operand].type().shape, &to = v.type().shape;
  Places next = p;
  if (v.op()->info->view) return put_under(from, to, next) ? std::optional(next) : std::nullopt;
  std::vector<Type> in;
  for (Value each : v.operands()) in.push_back(each.type());
  const AxisReach reach = reach_of(*v.op(), operand, p.axis, in, v.type());
  if (reach.anything()) return {};
  const bool moves = reach.first != 0 || reach.last != 0 || to[reach.axis].size != from[p.axis].size;
  if (!is_whole(p, from) && moves) return {};
  next.axis = reach.axis;
  if (is_whole(p, from)) next.size = to[reach.axis].size;
  next.first = sum(p.first, reach.first);
  next.last = sum(p.last, reach.last);
  return next;
}

std::optional<Places> led_from(const Places& p, Value v, std::size_t operand) {
  const Shape &to = v.operands()[operand].type().shape, &from = v.type().shape;
  Places before = p;
  if (v.op()->info->view) return put_under(from, to, before) ? std::optional(before) : std::nullopt;
  std::vector<Type> in;
  for (Value each : v.operands()) in.push_back(each.type());
  for (int a = 0; a < to.rank(); ++a) {
    const AxisReach reach = reach_of(*v.op(), operand, a, in, v.type());
    if (reach.anything() || reach.axis != p.axis || reach.first != reach.last) continue;
    const bool moves = reach.first != 0 || to[a].size != from[p.axis].size;
    if (moves && !is_whole(p, from)) return {};
    return Places{a, p.inner, moves ? to[a].size : p.size, reach.first, reach.last};
  }
  return {};
}

AxisDependence::AxisDependence(const Graph& graph, std::string_view axis, From from) : graph_(graph) {
  for (Value v : graph.topological()) {
    const bool begins = from == From::inputs ? v.node().leaf == Leaf::input : v.operands().empty();
    const Shape& shape = v.type().shape;
    const auto at = std::ranges::find(shape, axis, &Axis::label);
    if (!begins)
      add(v);
    else if (at != shape.end() && !axis.empty())
      begin(v, static_cast<int>(at - shape.begin()));
  }
}

AxisDependence::AxisDependence(const Graph& graph, Value leaf, int axis) : graph_(graph) {
  begin(leaf, axis);
  for (Value v : graph.topological())
    if (v.op()) add(v);
}

void AxisDependence::begin(Value v, int axis) {
  made_of_[v.id].along.push_back({axis, 1, v.type().shape[axis].size, 0, 0});
}

void AxisDependence::add(Value v) {
  MadeOf made;
  for (std::size_t i = 0; i < v.operands().size(); ++i) {
    const MadeOf& of = made_of(v.operands()[i]);
    made.anything = made.anything || of.anything;
    for (const Places& p : of.along) {
      if (const auto next = followed(p, v, i))
        unite(made.along, *next);
      else if (const auto up_to = masked(p, v, i))
        unite(made.along, *up_to);
      else
        made.anything = true;
    }
  }
  if (made.anything || !made.along.empty()) made_of_[v.id] = std::move(made);
}

std::optional<Places> AxisDependence::masked(const Places& p, Value v, std::size_t operand) {
  for (const Masking& m : maskings(v, operand, p, *this)) {
    if (!ahead_) ahead_ = std::make_shared<Ahead>(graph_);
    if (!ahead_->holds(v, m)) continue;
    Places rows = *followed(m.rows, v, m.operand);
    rows.first = -AxisReach::far;
    return rows;
  }
  return {};
}

const MadeOf& AxisDependence::made_of(Value v) const {
  static const MadeOf nothing;
  const auto found = made_of_.find(v.id);
  return found == made_of_.end() ? nothing : found->second;
}

Dependence AxisDependence::of(Value v) const {
  const MadeOf& made = made_of(v);
  // Of two axes that tell positions neither says alone where an element's are.
  if (made.looks_ahead() || made.along.size() > 1) return Dependence::all;
  if (made.along.empty()) return Dependence::constant;
  return made.along[0].first == 0 && made.along[0].last == 0 ? Dependence::pointwise : Dependence::prefix;
}

Value AxisDependence::where_it_spreads(Value v) const {
  if (!made_of(v).looks_ahead()) return {};
  for (;;) {
    const auto from = std::ranges::find_if(v.operands(), [&](Value o) { return made_of(o).looks_ahead(); });
    if (from == v.operands().end()) return v;
    v = *from;
  }
}

}  // namespace vitrine
