// Where new rows stand, each sequence at a place of its own; and rows of values that do not move, which are made of
// their places alone.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/chunk.hpp"
#include "compiler/print.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

namespace {

Shape behind(const Axis& batch, const Shape& shape) {
  Shape made;
  made << batch;
  for (const Axis& a : shape) made << a;
  return made;
}

}  // namespace

Value Chunk::whole_numbers(std::int32_t n) {
  std::vector<std::byte> bytes(sizeof n);
  std::memcpy(bytes.data(), &n, sizeof n);
  return made_.constant({{DType::i32, {}}, bytes});
}

/// The last row that is meant; of a sequence that gets none, the first.
Value Chunk::last_row() {
  const Value none = emit(Greater{}, {whole_numbers(1), length_});
  return emit(Where{}, {none, whole_numbers(0), length_ - whole_numbers(1)});
}

Value Chunk::first_place(const WhichRows& which) {
  if (which.last) return position_ + last_row();
  const auto first = static_cast<std::int32_t>(which.interval.first);
  return first == 0 ? position_ : position_ + whole_numbers(first);
}

/// Rows that are not meant stand where the last one does that is: what is counted by place has no other.
Value Chunk::places(const WhichRows& which) {
  const Shape one = Shape{} << batch_ << 1, all = Shape{} << batch_ << row_axis(which);
  if (count(which) == 1) return with_shape(first_place(which), all);
  Value row = emit(made_, Iota{row_axis(which)});
  if (which.interval.first != 0) row = row + whole_numbers(static_cast<std::int32_t>(which.interval.first));
  const Value last =
      with_shape(first_place({{}, true}), one) + whole_numbers(static_cast<std::int32_t>(which.interval.last));
  const Value place = with_shape(position_, one) + row;
  return emit(Where{}, {emit(Greater{}, {place, last}), last, place});
}

/// Rows by place as an operand of something that has sequences: their axis goes where that has it. Elementwise ops
/// align at the right, others are given it in front.
Value Chunk::beside(const SomeRows& rows, Value original, Value reader) {
  if (!rows.by_place || !reader.op()->info->elementwise()) return rows.value;
  const std::optional<int> sequence = goes_on_.sequence_axis(reader);
  const Shape& shape = rows.value.type().shape;
  const int rank = original.type().shape.rank();
  const int at = sequence ? *sequence - (reader.type().shape.rank() - rank) : 0;  // among the original's axes
  if (!sequence || (at >= 0 && original.type().shape[at].size != 1))
    throw UsageError(
        fmt::format("decode: {} ({}) has its rows by place where {} has the sequences; let it have an axis of 1 there",
                    line_of(original), original.node().at.module, line_of(reader)));
  Shape wanted;
  wanted << shape[0];
  if (at < 0) {
    for (int i = at + 1; i < 0; ++i) wanted << 1;
    for (int i = 1; i < shape.rank(); ++i) wanted << shape[i];
    return with_shape(rows.value, wanted);
  }
  Positions order;
  for (int i = 1; i < shape.rank(); ++i)
    if (i - 1 != at) wanted << shape[i];
  for (int i = 0; i < at; ++i) order << i + 1;
  order << 0;
  for (int i = at + 1; i < rank; ++i) order << i;
  const Value in_front = with_shape(rows.value, wanted);
  return at == 0 ? in_front : emit(Permute{order}, {in_front});
}

SomeRows Chunk::rows_by_place(Value v, int axis, const WhichRows& which) {
  const std::tuple key{v.id, axis, which};
  if (const auto found = others_.find(key); found != others_.end()) return found->second;
  if (const auto found = lifted(v, axis, which)) return others_[key] = *found;
  // A table by place: made once, as all that only states and constants go into.
  report_.endless = false;
  const Value rows = emit(Gather{axis}, {whole(v), places(which)});
  Positions order;
  order << axis;
  for (int i = 0; i < rows.type().shape.rank(); ++i)
    if (i != axis) order << i;
  return others_[key] = {axis == 0 ? rows : emit(Permute{order}, {rows}), axis + 1, true};
}

/// The op itself on rows by place, if it lets an axis in front be.
std::optional<SomeRows> Chunk::lifted(Value v, int axis, const WhichRows& which) {
  if (!v.op()) return {};
  const Shape wanted = behind(batch_, shape_of_rows(v, axis, which));
  if (v.operands().empty() && v.op()->info->continued)
    return SomeRows{with_shape(continued(v, axis, which), wanted), axis + 1, true};
  const OpInfo& info = *v.op()->info;
  std::vector<Value> operands;
  std::vector<bool> by_place;
  for (std::size_t k = 0; k < v.operands().size(); ++k) {
    const Value operand = v.operands()[k];
    const auto path = row_path(v, k, axis);
    by_place.push_back(path.has_value());
    if (!path) {
      operands.push_back(whole(operand));
      continue;
    }
    if (!path->same()) return {};
    Value rows = rows_by_place(operand, path->axis, which).value;
    if (info.elementwise()) {
      Shape apart;
      apart << rows.type().shape[0];
      for (int i = operand.type().shape.rank(); i < v.type().shape.rank(); ++i) apart << 1;
      for (int i = 1; i < rows.type().shape.rank(); ++i) apart << rows.type().shape[i];
      rows = with_shape(rows, apart);
    }
    operands.push_back(rows);
  }
  if (info.view) return SomeRows{with_shape(operands[0], wanted), axis + 1, true};
  const Op op = op_for(v, axis, which);
  std::vector<Type> in, before;
  for (Value operand : operands) in.push_back(operand.type());
  for (Value operand : v.operands()) before.push_back(operand.type());
  const Inferred made = op.type(in);
  if (!made.ok() || made.type.shape.rank() != wanted.rank() ||
      !std::ranges::equal(made.type.shape, wanted, {}, &Axis::size, &Axis::size))
    return {};
  for (std::size_t k = 0; k < operands.size() && !info.elementwise(); ++k)
    for (int a = 0; a < before[k].shape.rank(); ++a) {
      AxisReach reach = reach_of(*v.op(), k, a, before, v.type());
      if (!reach.anything()) ++reach.axis;
      if (reach_of(op, k, a + (by_place[k] ? 1 : 0), in, made.type) != reach) return {};
    }
  if (info.indexed) report_.endless = false;
  return SomeRows{with_shape(made_.add(op, operands), wanted), axis + 1, true};
}

}  // namespace vitrine
