#include "compiler/chunk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/print.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/attention_at.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/greater_equal.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/take_rows.hpp"
#include "vitrine/ops/where.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

namespace {

Axis named(std::string_view label, std::size_t size) {
  Axis made(size);
  std::ranges::copy(label, made.name);
  return made;
}

}  // namespace

Value with_shape(Value x, const Shape& to) {
  const Shape& from = x.type().shape;
  if (from == to) return x;
  const bool same = from.rank() == to.rank() && std::ranges::equal(from, to, {}, &Axis::size, &Axis::size);
  return same ? emit(Rename{to}, {x}) : emit(Reshape{to}, {x});
}

/// What an op's `continued` may ask for.
class Chunk::Asked : public Continuation {
 public:
  Asked(Chunk& chunk, Value v, int axis, const WhichRows& which) : chunk_(chunk), v_(v), axis_(axis), which_(which) {}

  Value rows(std::size_t operand) override {
    const auto [path, which] = there(operand);
    return chunk_.rows_of(v_.operands()[operand], path.axis, which).value;
  }
  Value rows_or(std::size_t operand, float filler) override {
    const auto [path, which] = there(operand);
    const SomeRows found = chunk_.rows_of(v_.operands()[operand], path.axis, which);
    if (which.interval.first >= 0) return found.value;
    const Shape& shape = found.value.type().shape;
    Shape mask;
    for (int i = 0; i < shape.rank(); ++i) mask << (i == 0 || i == found.axis ? shape[i] : Axis(1));
    const Value there_is = emit(GreaterEqual{}, {chunk_.places(which), chunk_.whole_numbers(0)});
    return emit(Where{}, {with_shape(there_is, mask), found.value, number(chunk_.made_, filler)});
  }
  Whole whole(std::size_t operand) override {
    const Value o = v_.operands()[operand];
    const bool ring = std::ranges::any_of(
        chunk_.report_.kept, [&](const Kept& each) { return each.node == o.id && each.what == Kept::What::ring; });
    return {chunk_.whole(o), ring};
  }
  Value places() override { return chunk_.places(which_); }
  Value first_place() override { return chunk_.first_place(which_); }

  Value carried(Value like, int axis) override {
    Type type = like.type();
    type.shape = type.shape.with(axis, Axis(1));
    state_ = chunk_.state("kept.sum", v_, type);
    chunk_.report_.kept.push_back({Kept::What::sum, v_.id, state_.node().name, 1, type.bytes() / type.shape[0].size});
    Shape mask;
    mask << type.shape[0];
    for (int i = 1; i < type.shape.rank(); ++i) mask << 1;
    const Value began = emit(Greater{}, {chunk_.position_, chunk_.whole_numbers(0)});
    return emit(Where{}, {with_shape(began, mask), state_, number(chunk_.made_, 0)});
  }
  void carry(Value rows, int axis) override { chunk_.made_.update(state_, take_rows(rows, chunk_.length_, axis, 1)); }

 private:
  std::pair<RowPath, WhichRows> there(std::size_t operand) const {
    const RowPath path = *row_path(v_, operand, axis_);
    if (path.far()) return {path, which_};  // it carries what lies before
    return {path, {{which_.interval.first + path.first, which_.interval.last + path.last}, which_.last}};
  }

  Chunk& chunk_;
  Value v_;
  int axis_;
  WhichRows which_;
  Value state_{};
};

Chunk::Chunk(const GoesOn& goes_on, const RowDemands& demands, const std::set<std::uint32_t>& kept,
             const ContinuationOptions& options)
    : goes_on_(goes_on), demands_(demands), kept_(kept), options_(options), made_(goes_on.graph().name()) {
  for (Value v : goes_on.graph().topological())
    if (v.node().leaf == Leaf::input && goes_on.moves(v)) batch_ = v.type().shape[0];
  position_ = made_.input("position", {DType::i32, Shape{} << batch_});
  length_ = made_.input("length", {DType::i32, Shape{} << batch_});
  report_.capacity = goes_on.size();
  report_.endless = true;
}

std::size_t Chunk::count(const WhichRows& which) const {
  return which.last ? 1 : options_.rows + static_cast<std::size_t>(which.interval.last - which.interval.first);
}

Axis Chunk::row_axis(const WhichRows& which) const {
  return which == WhichRows{} ? named(goes_on_.axis(), options_.rows) : Axis(count(which));
}

void Chunk::add(Value v) {
  const RowDemand& demand = demands_.of(v);
  const Graph::Scope scope(made_, v.node().at.module, v.node().phase);
  const RowInterval there = demand.tail ? RowInterval{-static_cast<std::ptrdiff_t>(demand.tail), 0} : demand.interval;
  if (!v.op()) {
    Type type = v.type();
    type.shape = type.shape.with(demand.axis, row_axis({}));
    rows_[v.id] = {with_tail(v, {made_.input(v.node().name, type), demand.axis}, demand.tail), there};
  } else if (demand.rows) {
    const WhichRows which{demand.tail ? RowInterval{} : demand.interval};
    rows_[v.id] = {with_tail(v, made_rows(v, demand.axis, which), demand.tail), there};
  } else if (demand.last) {
    const WhichRows which{{}, true};
    others_[{v.id, demand.axis, which}] = made_rows(v, demand.axis, which);
  }
  if (demand.whole && kept_.contains(v.id)) keep(v, rows_of(v, demand.axis, {}));
  if (demand.whole && !kept_.contains(v.id)) report_.again.push_back(v.id);
  made_.locate(v.node().at.file, v.node().at.line);
}

void Chunk::hand_out(const std::string& name, Value v) {
  made_.output(name, rows_of(v, demands_.of(v).axis, {{}, options_.last_only && options_.rows > 1}).value);
}

SomeRows Chunk::rows_of(Value v, int axis, const WhichRows& which) {
  if (!goes_on_.moves(v)) return rows_by_place(v, axis, which);
  const auto found = others_.find({v.id, axis, which});
  if (found != others_.end()) return found->second;
  const auto& [rows, interval] = rows_.at(v.id);
  if (!which.last) return some_of(rows, interval, which);
  SomeRows last = some_of(rows, interval, {});
  last.value = take_rows(last.value, last_row(), last.axis, 1);
  return others_[{v.id, axis, which}] = last;
}

SomeRows Chunk::some_of(const SomeRows& rows, RowInterval there, const WhichRows& which) {
  if (there == which.interval) return rows;
  const auto begin = which.interval.first - there.first, end = begin + static_cast<std::ptrdiff_t>(count(which));
  const Value some = emit(Slice{rows.axis, begin, end, 1}, {rows.value});
  return {with_shape(some, some.type().shape.with(rows.axis, row_axis(which))), rows.axis, rows.by_place};
}

Value Chunk::state(std::string_view what, Value of, const Type& type) {
  const std::string& module = of.node().at.module;
  return made_.state(fmt::format("{}:{}{}{}", what, module, module.empty() ? "" : ".", of.id), type);
}

SomeRows Chunk::with_tail(Value v, SomeRows rows, std::size_t before) {
  if (before == 0) return rows;
  Type type = rows.value.type();
  type.shape = type.shape.with(rows.axis, Axis(before));
  const Value tail = state("kept.tail", v, type), window = emit(Concat{rows.axis}, {tail, rows.value});
  made_.update(tail, take_rows(window, length_, rows.axis, static_cast<std::int64_t>(before)));
  report_.kept.push_back({Kept::What::tail, v.id, tail.node().name, before,
                          type.bytes() / std::max<std::size_t>(before * type.shape[0].size, 1)});
  return {window, rows.axis};
}

void Chunk::keep(Value v, const SomeRows& rows) {
  constexpr std::size_t block = keys_together;  // which a ring must not cut
  const RowDemand& demand = demands_.of(v);
  const std::size_t all = goes_on_.size();
  std::size_t room = all;
  if (demand.ring) room = (static_cast<std::size_t>(demand.back) + options_.most_rows + block - 1) / block * block;
  const bool ring = room < all;
  const Axis& axis = v.type().shape[rows.axis];
  Type type = v.type();
  type.shape = type.shape.with(rows.axis, ring ? Axis(room) : axis.label() == goes_on_.axis() ? past() : axis);
  const Value cache = state("kept", v, type);
  const Value next = write_rows(cache, rows.value, position_, length_, rows.axis, ring);
  made_.update(cache, next);
  whole_[v.id] = next;
  report_.endless = report_.endless && ring;
  report_.kept.push_back({ring ? Kept::What::ring : Kept::What::rows, v.id, cache.node().name,
                          type.shape[rows.axis].size,
                          type.bytes() / (type.shape[rows.axis].size * type.shape[0].size)});
}

Value Chunk::whole(Value v) {
  if (const auto found = whole_.find(v.id); found != whole_.end()) return found->second;
  const Node& node = v.node();
  Value made;
  if (node.op) {
    made = computed_whole(v);
  } else if (node.leaf == Leaf::constant) {
    made = made_.constant({node.type, *node.literal});
  } else {
    for (const Axis& axis : node.type.shape)
      if (axis.label() == goes_on_.axis())
        throw UsageError(fmt::format(
            "decode: %{} has an axis {} of its own, and one name cannot have two sizes in a graph that goes on; call "
            "the axis of the table 'place', say, and gather its rows by iota<{}>",
            node.name, axis.label(), axis.label()));
    made = node.leaf == Leaf::state ? made_.state(node.name, node.type, node.init) : made_.input(node.name, node.type);
  }
  return whole_[v.id] = made;
}

Value Chunk::computed_whole(Value v) {
  std::vector<Value> operands;
  for (Value operand : v.operands()) operands.push_back(whole(operand));
  const std::array changes{AxisChange{goes_on_.axis(), past()}};
  return made_.add(v.op()->info->with_axes(v.op()->attributes.get(), changes), operands);
}

Value Chunk::continued(Value v, int axis, const WhichRows& which) {
  Asked asked(*this, v, axis, which);
  return v.op()->info->continued(v.op()->attributes.get(), asked);
}

SomeRows Chunk::made_rows(Value v, int axis, const WhichRows& which) {
  return demands_.of(v).taken ? taken_rows(v, axis, which) : rows_by_op(v, axis, which);
}

SomeRows Chunk::taken_rows(Value v, int axis, const WhichRows& which) {
  const Value all = computed_whole(v);
  report_.again.push_back(v.id);
  const Value some = take_rows(all, first_place(which), axis, static_cast<std::int64_t>(count(which)));
  return {with_shape(some, some.type().shape.with(axis, row_axis(which))), axis};
}

Shape Chunk::shape_of_rows(Value v, int axis, const WhichRows& which) const {
  Shape made = v.type().shape;
  for (int i = 0; i < made.rank(); ++i)
    if (made[i].label() == goes_on_.axis()) made = made.with(i, past());
  return made.with(axis, row_axis(which));
}

/// What the rows are called, and what all rows of others are called now.
Op Chunk::op_for(Value v, int axis, const WhichRows& which) const {
  std::vector<AxisChange> changes{{v.type().shape[axis].label(), row_axis(which)}};
  if (changes[0].label != goes_on_.axis()) changes.push_back({goes_on_.axis(), past()});
  return v.op()->info->with_axes(v.op()->attributes.get(), changes);
}

SomeRows Chunk::rows_by_op(Value v, int axis, const WhichRows& which) {
  const Shape wanted = shape_of_rows(v, axis, which);
  if (demands_.of(v).own_way) return {with_shape(continued(v, axis, which), wanted), axis};
  std::vector<std::optional<RowPath>> paths;
  for (std::size_t k = 0; k < v.operands().size(); ++k) paths.push_back(row_path(v, k, axis));
  std::vector<Value> operands;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    const Value operand = v.operands()[k];
    if (!paths[k]) {
      operands.push_back(whole(operand));
      continue;
    }
    const RowInterval interval{which.interval.first + paths[k]->first, which.interval.last + paths[k]->last};
    operands.push_back(beside(rows_of(operand, paths[k]->axis, {interval, which.last}), operand, v));
  }
  if (v.op()->info->view) return {with_shape(operands[0], wanted), axis};
  const Op op = op_for(v, axis, which);
  std::vector<Type> in;
  for (Value operand : operands) in.push_back(operand.type());
  const Inferred made = op.type(in);
  if (!made.ok() || made.type.shape.elements() != wanted.elements())
    throw UsageError(fmt::format(
        "decode: {} ({}) does not go on along {}: {}; write the axis by its name and count positions with iota",
        line_of(v), v.node().at.module, goes_on_.axis(),
        made.ok() ? "with fewer rows it makes another shape" : made.why.str()));
  return {with_shape(made_.add(op, operands), wanted), axis};
}

}  // namespace vitrine
