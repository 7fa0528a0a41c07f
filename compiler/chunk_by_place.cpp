// Rows of values that do not move: each is made of its place alone, and the sequences stand at places of their own.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/chunk.hpp"
#include "compiler/print.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/permute.hpp"

namespace vitrine {

namespace {

Shape behind(const Axis& batch, const Shape& shape) {
  Shape made;
  made << batch;
  for (const Axis& a : shape) made << a;
  return made;
}

}  // namespace

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
  Shape wanted = behind(batch_, v.type().shape.with(axis, row_axis(which)));
  for (int i = 1; i < wanted.rank(); ++i)
    if (i != axis + 1 && wanted[i].label() == goes_on_.axis()) wanted = wanted.with(i, past());
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
