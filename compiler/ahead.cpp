#include "compiler/ahead.hpp"

#include <algorithm>

namespace vitrine {

namespace {

/// The place along p of each element in row-major order.
class PlaceOf {
 public:
  PlaceOf(const Places& p, const Shape& shape) : stride_(p.inner), size_(p.size) {
    for (int i = p.axis + 1; i < shape.rank(); ++i) stride_ *= shape[i].size;
  }
  std::ptrdiff_t operator()(std::size_t element) const {
    return static_cast<std::ptrdiff_t>(element / stride_ % size_);
  }

 private:
  std::size_t stride_, size_;
};

std::vector<Type> types_of(Operands values) {
  std::vector<Type> made;
  for (Value v : values) made.push_back(v.type());
  return made;
}

std::optional<Ignored> ignored_by(Value node, std::size_t operand, int axis) {
  const Op& op = *node.op();
  const std::vector<Type> in = types_of(node.operands());
  if (!op.info->ignores || !reach_of(op, operand, axis, in, node.type()).anything()) return {};
  return op.info->ignores(op.attributes.get(), operand, axis, in, node.type());
}

/// Those axes of a value that may tell the rows of these keys: first what is known to tell places, then any as long.
std::vector<Places> rows_beside(const Places& keys, Value v, const MadeOf& made) {
  std::vector<Places> all;
  for (const Places& p : made.along)
    if (p.axis != keys.axis && p.size == keys.size) all.push_back({p.axis, p.inner, p.size, 0, 0});
  for (int a = 0; a < v.type().shape.rank(); ++a)
    if (a != keys.axis && v.type().shape[a].size == keys.size &&
        std::ranges::none_of(all, [&](const Places& p) { return p.axis == a && p.inner == 1; }))
      all.push_back({a, 1, keys.size, 0, 0});
  return all;
}

}  // namespace

std::vector<Masking> maskings(Value node, std::size_t operand, const Places& ending, const AxisDependence& along) {
  const std::optional<Ignored> ignored = node.op() ? ignored_by(node, operand, ending.axis) : std::nullopt;
  if (!ignored) return {};
  std::vector<Masking> all;
  const auto add = [&](std::size_t holder, const Places& keys) {
    const Value v = node.operands()[holder];
    for (const Places& rows : rows_beside(keys, v, along.made_of(v))) {
      const auto there = followed(rows, node, holder);
      // What key j brings lies up to `last` places later.
      if (there && there->first == 0 && there->last == 0)
        all.push_back({holder, rows, keys, -ending.last, ignored->number});
    }
  };
  add(operand, {ending.axis, ending.inner, ending.size, 0, 0});
  if (ignored->meets >= 0)
    add(static_cast<std::size_t>(ignored->meets), {ignored->at, ending.inner, ending.size, 0, 0});
  return all;
}

Ahead::Ahead(const Graph& graph) : anywhere_(graph) {
  for (Value v : graph.topological()) closed_.add(v);
}

bool Ahead::holds(Value node, const Masking& m) { return of(node, m) == NumberRange{m.number, m.number}; }

NumberRange Ahead::of(Value v, const Places& rows, const Places& keys, std::ptrdiff_t by) {
  const std::tuple key{v.id, rows.axis, rows.inner, keys.axis, keys.inner, by};
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  return known_[key] = found(v, rows, keys, by);
}

NumberRange Ahead::found(Value v, const Places& rows, const Places& keys, std::ptrdiff_t by) {
  if (is_closed(v)) return looked_at(v, rows, keys, by);
  if (!v.op()) return anywhere_.of(v);
  // Shares of what is ignored: the keys are mixed, and yet the result has them.
  for (std::size_t k = 0; k < v.operands().size(); ++k)
    for (int a = 0; a < v.operands()[k].type().shape.rank(); ++a) {
      const auto ignored = ignored_by(v, k, a);
      const auto back = ignored && ignored->axis == keys.axis ? led_from(rows, v, k) : std::nullopt;
      if (!back || back->first != 0) continue;
      const NumberRange below =
          of(v.operands()[k], {back->axis, back->inner, back->size}, {a, keys.inner, keys.size}, by);
      if (below == NumberRange{ignored->number, ignored->number}) return {ignored->makes, ignored->makes};
    }
  // An element ahead is made of what its axes lead to and of nothing else, so that the op's range holds for these
  // alone.
  std::vector<NumberRange> ranges;
  bool any = false;
  for (std::size_t k = 0; k < v.operands().size(); ++k) {
    const auto row = led_from(rows, v, k), column = led_from(keys, v, k);
    const Value operand = v.operands()[k];
    if (row && column) {
      any = true;
      ranges.push_back(of(operand, {row->axis, row->inner, row->size}, {column->axis, column->inner, column->size},
                          by + column->first - row->first));
    } else {
      ranges.push_back(anywhere_.of(operand));
    }
  }
  return any ? range_of(v, ranges) : anywhere_.of(v);
}

NumberRange Ahead::looked_at(Value v, const Places& rows, const Places& keys, std::ptrdiff_t by) {
  const ClosedValue& value = closed_.at(v);
  const PlaceOf row(rows, v.type().shape), key(keys, v.type().shape);
  std::optional<NumberRange> made;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (key(i) - row(i) <= by) continue;
    const double x = value.number(i);
    if (x == x) made = made ? made->with(x) : NumberRange{x, x};
  }
  closed_.forget();  // a mask of a thousand places is megabytes
  return made.value_or(NumberRange{});
}

}  // namespace vitrine
