#include "compiler/row_function.hpp"

#include <algorithm>
#include <cstring>

#include "vitrine/error.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/variance.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_nodes = 32;

bool is_reduction(Value v) { return as<SumTo>(v) || as<Mean>(v) || as<MaxTo>(v) || as<Variance>(v); }
/// Ops that hand on what they read; only the form may change.
bool hands_on(Value v) { return as<BroadcastTo>(v) || as<Reshape>(v) || as<Rename>(v); }

bool same_sizes(const Shape& a, const Shape& b) { return std::ranges::equal(a, b, {}, &Axis::size, &Axis::size); }

template <class Reduction> double reduced(std::span<const double> row) {
  double made = 0;
  const Buffer<double> in{{DType::f32, Shape{} << row.size()}, const_cast<double*>(row.data())};
  Reduction{Shape{}}.run(Buffers<double>(&in, 1), Buffer<double>{{DType::f32, {}}, &made});
  return made;
}

}  // namespace

std::optional<RowFunction> RowFunction::between(Value x, Value y) {
  const Shape& shape = x.type().shape;
  if (x.type().dtype != DType::f32 || shape.rank() == 0 || shape[-1].size < 2 || !same_sizes(shape, y.type().shape))
    return {};
  RowFunction made(x);
  if (x == y || !made.take(y)) return {};
  return made;
}

bool RowFunction::take(Value v) {
  if (v == x_ || std::ranges::find(nodes_, v) != nodes_.end()) return true;
  if (v.type().dtype != DType::f32 || !form_of(v)) return false;
  if (v.node().leaf == Leaf::constant) {
    if (v.type().shape.elements() != 1) return false;
    float number = 0;
    std::memcpy(&number, v.node().literal->data(), sizeof number);
    numbers_.push_back(number);
  } else if (!v.op() || !take_op(v)) {
    return false;
  }
  nodes_.push_back(v);
  return nodes_.size() <= most_nodes;
}

bool RowFunction::take_op(Value v) {
  if (!v.op()->info->elementwise() && !is_reduction(v) && !hands_on(v) && !v.operands().empty()) return false;
  for (Value operand : v.operands())
    if (nodes_.size() > most_nodes || !take(operand)) return false;
  reduces_ = reduces_ || is_reduction(v);
  return fits(v);
}

std::optional<RowFunction::Form> RowFunction::form_of(Value v) const {
  const Shape &all = x_.type().shape, &shape = v.type().shape;
  if (shape.elements() == 1) return Form::number;
  if (same_sizes(shape, all)) return Form::row;
  if (shape.rank() == all.rank() && same_sizes(shape, all.with(-1, 1))) return Form::kept;
  if (shape.rank() + 1 == all.rank() &&
      std::ranges::equal(shape, std::span(all.begin(), all.end() - 1), {}, &Axis::size, &Axis::size))
    return Form::dropped;
  return {};
}

/// Whether element by element (or row by row) v reads of its operands what lies in the same row.
bool RowFunction::fits(Value v) const {
  const Form to = *form_of(v);
  if (is_reduction(v)) return *form_of(v.operands()[0]) == Form::row && to != Form::row;
  const auto lines_up = [&](Value operand) {
    const Form from = *form_of(operand);
    if (from == Form::number || from == to) return true;
    if (as<Reshape>(v)) return from != Form::row && to != Form::row;  // one number a row, with the axis or without it
    return from == Form::kept && to == Form::row;
  };
  return std::ranges::all_of(v.operands(), lines_up);
}

std::size_t RowFunction::place_of(Value v) const {
  return static_cast<std::size_t>(std::ranges::find(nodes_, v) - nodes_.begin());
}

std::vector<double> RowFunction::operator()(std::span<const double> row) const {
  std::vector<std::vector<double>> made;
  for (Value v : nodes_) made.push_back(value_of(v, made, row));
  std::vector<double> y = made.back();
  y.resize(row.size(), y[0]);
  return y;
}

/// N numbers, or one that stands for the row.
std::vector<double> RowFunction::value_of(Value v, const std::vector<std::vector<double>>& made,
                                          std::span<const double> row) const {
  if (v.node().leaf == Leaf::constant) {
    float number = 0;
    std::memcpy(&number, v.node().literal->data(), sizeof number);
    return {static_cast<double>(number)};
  }
  std::vector<std::span<const double>> in;
  for (Value operand : v.operands())
    in.push_back(operand == x_ ? row : std::span<const double>(made[place_of(operand)]));
  if (as<SumTo>(v)) return {reduced<SumTo>(in[0])};
  if (as<Mean>(v)) return {reduced<Mean>(in[0])};
  if (as<MaxTo>(v)) return {reduced<MaxTo>(in[0])};
  if (as<Variance>(v)) return {reduced<Variance>(in[0])};
  if (hands_on(v)) return {in[0].begin(), in[0].end()};
  const auto type_of = [](std::size_t size) { return Type{DType::f32, size == 1 ? Shape{} : Shape{} << size}; };
  std::size_t size = 1;
  std::vector<Buffer<double>> operands;
  for (const std::span<const double> each : in) {
    size = std::max(size, each.size());
    operands.push_back({type_of(each.size()), const_cast<double*>(each.data())});
  }
  std::vector<double> y(size);
  v.op()->info->run_double(v.op()->attributes.get(), operands, {type_of(size), y.data()});
  return y;
}

}  // namespace vitrine
