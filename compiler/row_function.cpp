#include "compiler/row_function.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/one_hot.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/softmax.hpp"
#include "vitrine/ops/variance.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_nodes = 32, most_looked_at = 128;

bool is_reduction(Value v) { return as<SumTo>(v) || as<Mean>(v) || as<MaxTo>(v) || as<Variance>(v); }
/// Ops that hand on what they read; only the form may change.
bool hands_on(Value v) { return as<BroadcastTo>(v) || as<Reshape>(v) || as<Rename>(v); }
bool goes_by_elements(Value v) { return v.op()->info->elementwise() || as<Cast>(v); }
/// Ops that make a row of a row.
bool goes_by_rows(Value v) { return as<Softmax>(v) || as<LogSoftmax>(v); }

bool same_sizes(const Shape& a, const Shape& b) { return std::ranges::equal(a, b, {}, &Axis::size, &Axis::size); }

Type row_type(DType dtype, std::size_t size) { return {dtype, size == 1 ? Shape{} : Shape{} << size}; }

/// The op that reduces a whole row.
Op whole(Value reduction) {
  if (as<SumTo>(reduction)) return SumTo{Shape{}};
  if (as<Mean>(reduction)) return Mean{Shape{}};
  if (as<MaxTo>(reduction)) return MaxTo{Shape{}};
  return Variance{Shape{}};
}

}  // namespace

std::optional<RowFunction> RowFunction::between(Value x, Value y, Value label) {
  const Shape& shape = x.type().shape;
  if (x.type().dtype != DType::f32 || shape.rank() == 0 || shape[-1].size < 2 || x == y) return {};
  RowFunction made(x, label);
  made.forms_.emplace(x.id, Form::row);
  made.of_rows_.insert(x.id);
  if (label) {
    const Form beside = made.has_form(label, Form::dropped) ? Form::dropped : Form::kept;
    if (label.type().dtype != DType::i32 || !made.has_form(label, beside)) return {};
    made.forms_.emplace(label.id, made.rows() == 1 ? Form::number : beside);
  }
  if (!made.take(y) || made.nodes_.empty() || made.nodes_.back() != y) return {};
  return made;
}

bool RowFunction::take(Value v) {
  reads_label_ = reads_label_ || v == label_;
  if (is_open(v) || closed_.contains(v)) return true;
  if (++looked_at_ > most_looked_at) return false;
  for (Value operand : v.operands())
    if (nodes_.size() > most_nodes || !take(operand)) return false;
  if (closed_.add(v)) {
    if (v.node().leaf == Leaf::constant && v.type().dtype == DType::f32 && v.type().shape.elements() == 1)
      numbers_.push_back(static_cast<float>(closed_.at(v).number(0)));
    return true;
  }
  if (!v.op()) return false;
  const std::optional<Form> form = form_of(v);
  if (!form) return false;
  forms_.emplace(v.id, *form);
  reduces_ = reduces_ || is_reduction(v) || goes_by_rows(v);
  nodes_.push_back(v);
  if (std::ranges::any_of(v.operands(), [&](Value o) { return of_rows_.contains(o.id); })) {
    of_rows_.insert(v.id);
    nodes_of_rows_.push_back(v);
  }
  return nodes_.size() <= most_nodes;
}

bool RowFunction::is_one_a_row(Value v) const {
  return forms_.at(v.id) == Form::dropped || forms_.at(v.id) == Form::number;
}
std::size_t RowFunction::rows() const { return x_.type().shape.elements() / x_.type().shape[-1].size; }

const Shape RowFunction::shape_of(Form form) const {
  const Shape& all = x_.type().shape;
  if (form == Form::row) return all;
  if (form == Form::kept) return all.with(-1, 1);
  Shape made;
  for (int i = 0; i + 1 < all.rank(); ++i) made << all[i];
  return made;
}
bool RowFunction::has_form(Value v, Form form) const { return same_sizes(v.type().shape, shape_of(form)); }

std::optional<RowFunction::Form> RowFunction::form_of(Value v) const {
  const Value first = v.operands()[0];
  if (as<Gather>(v)) return form_of_gather(v);
  if (!is_open(first) && !goes_by_elements(v)) return {};
  if (is_reduction(v)) return form_of_reduction(v);
  if (goes_by_rows(v)) return forms_.at(first.id) == Form::row ? std::optional(Form::row) : std::nullopt;
  if (as<OneHot>(v)) return is_one_a_row(first) && has_form(v, Form::row) ? std::optional(Form::row) : std::nullopt;
  if (as<Reshape>(v) || as<Rename>(v)) {
    const Form from = forms_.at(first.id);
    if (from == Form::number && v.type().shape.elements() == 1) return from;
    if (from == Form::row && has_form(v, Form::row)) return from;
    if (from == Form::row && v.type().shape.rank() == 1) return Form::flat;
    if (from == Form::kept || from == Form::dropped)
      for (const Form to : {Form::kept, Form::dropped})
        if (has_form(v, to)) return to;
    if (from == Form::places && has_form(v, Form::dropped)) return from;
    return {};
  }
  return goes_by_elements(v) ? form_of_elementwise(v) : std::nullopt;
}

/// Element by element what v reads lies in the same row, or is the same for all rows.
std::optional<RowFunction::Form> RowFunction::form_of_elementwise(Value v) const {
  const Shape& shape = v.type().shape;
  const auto open = [&](Value o, Form f) { return is_open(o) && forms_.at(o.id) == f; };
  if (shape.elements() == 1 &&
      std::ranges::all_of(v.operands(), [&](Value o) { return !is_open(o) || open(o, Form::number); }))
    return Form::number;
  for (const Form to : {Form::row, Form::kept, Form::dropped}) {
    if (!has_form(v, to)) continue;
    bool varies = false, fits = true;
    for (Value operand : v.operands()) {
      const Shape& from = operand.type().shape;
      if (is_open(operand)) {
        const Form form = forms_.at(operand.id);
        varies = varies || form == Form::places;
        fits = fits && (form == to || form == Form::number || (form == Form::kept && to == Form::row) ||
                        (form == Form::places && to == Form::dropped));
      } else {
        const int last = to == Form::dropped ? 0 : 1;  // axes that are no numbering of rows
        for (int i = 0; i + last < from.rank(); ++i) varies = varies || from[i].size != 1;
      }
    }
    if (!fits) continue;
    if (!varies) return to;
    // Whole numbers that differ from row to row may yet be places in all rows put together.
    if (to == Form::dropped && v.type().dtype == DType::i32) return Form::places;
  }
  return {};
}

std::optional<RowFunction::Form> RowFunction::form_of_reduction(Value v) const {
  const Value from = v.operands()[0];
  if (forms_.at(from.id) != Form::row || has_form(v, Form::row)) return {};
  const Shape& shape = v.type().shape;
  if (rows() == 1 && shape.elements() == 1) return Form::number;
  for (const Form to : {Form::kept, Form::dropped})
    if (has_form(v, to)) return to;
  const bool reduces_rows = shape.empty() || (shape[-1].size == 1 && !shape[-1].named());
  return reduces_rows && (as<SumTo>(v) || as<Mean>(v)) ? std::optional(Form::total) : std::nullopt;
}

/// A row of a table for each label, or each row's number at its label.
std::optional<RowFunction::Form> RowFunction::form_of_gather(Value v) const {
  const Value from = v.operands()[0], index = v.operands()[1];
  if (as<Gather>(v)->axis != 0 || !is_open(index)) return {};
  if (closed_.contains(from) && from.type().shape.rank() == 2 && is_one_a_row(index) && has_form(v, Form::row))
    return Form::row;
  if (!is_open(from) || (forms_.at(from.id) != Form::flat && x_.type().shape.rank() > 1)) return {};
  const bool is_place = forms_.at(index.id) == Form::places || forms_.at(index.id) == Form::number;
  if (!is_place || !is_own_place(index)) return {};
  return rows() == 1 ? Form::number : Form::dropped;
}

/// Whether these whole numbers are, in every row, the place of its label in all rows put together.
bool RowFunction::is_own_place(Value index) const {
  const auto size = static_cast<std::int32_t>(x_.type().shape[-1].size);
  for (std::size_t row = 0; row < rows(); ++row)
    for (const std::int32_t label : {0, 1, size / 2, size - 1}) {
      Made made;
      ClosedValue given = ClosedValue::of(row_type(DType::i32, 1));
      given.buffer().integers()[0] = label;
      made.emplace(label_.id, given);
      for (Value v : nodes_)
        if (v.type().dtype == DType::i32) made.emplace(v.id, value_of(v, made, row));
      const double place = made.at(index.id).number(0);
      if (place != static_cast<double>(row) * size + label) return false;
    }
  return true;
}

std::vector<double> RowFunction::operator()(std::span<const double> row, std::int32_t label) const {
  Made made;
  ClosedValue x = ClosedValue::of(row_type(DType::f32, row.size())), given = ClosedValue::of(row_type(DType::i32, 1));
  std::ranges::copy(row, x.buffer().reals());
  given.buffer().integers()[0] = label;
  made.emplace(x_.id, std::move(x));
  if (label_) made.emplace(label_.id, std::move(given));
  for (Value v : nodes_) made.emplace(v.id, value_of(v, made, 0));
  const ClosedValue& last = made.at(nodes_.back().id);
  std::vector<double> y(row.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = last.number(last.size() == 1 ? 0 : i);
  return y;
}

/// Of a closed value what lies beside a row.
ClosedValue RowFunction::closed_at(Value v, Form form, std::size_t row) const {
  const ClosedValue& whole_value = closed_.at(v);
  const Shape &shape = v.type().shape, all = shape_of(form);
  const int last = form == Form::dropped || form == Form::number ? 0 : 1;
  const std::size_t width = last == 1 && !shape.empty() ? shape[-1].size : 1;
  std::size_t at = 0, stride = width;
  for (int i = shape.rank() - 1 - last; i >= 0; --i) {
    const std::size_t size = all.rank() >= shape.rank() ? all[all.rank() - shape.rank() + i].size : 1;
    if (shape[i].size > 1) at += row % size * stride, stride *= shape[i].size;
    row /= size;
  }
  ClosedValue made = ClosedValue::of(row_type(v.type().dtype, width));
  const std::size_t element = stored_size<double>(v.type().dtype);
  std::copy_n(whole_value.bytes.begin() + static_cast<std::ptrdiff_t>(at * element), made.bytes.size(),
              made.bytes.begin());
  return made;
}

/// NaN where a label picks nothing.
ClosedValue RowFunction::picked(Value v, const Made& made) const {
  const Value from = v.operands()[0], index = v.operands()[1];
  const bool has_table = closed_.contains(from);
  const ClosedValue& table = has_table ? closed_.at(from) : made.at(from.id);
  const std::size_t width = has_table ? v.type().shape[-1].size : 1;
  const double at = made.at(index.id).number(0);
  ClosedValue y = ClosedValue::of(row_type(v.type().dtype, width));
  const bool known = at >= 0 && (at + 1) * static_cast<double>(width) <= static_cast<double>(table.size());
  const std::size_t first = known ? static_cast<std::size_t>(at) * width : 0;
  for (std::size_t i = 0; i < width; ++i)
    if (v.type().dtype == DType::f32)
      y.buffer().reals()[i] = known ? table.number(first + i) : std::numeric_limits<double>::quiet_NaN();
  return y;
}

ClosedValue RowFunction::value_of(Value v, const Made& made, std::size_t row) const {
  const Value first = v.operands()[0];
  const DType dtype = v.type().dtype;
  if (as<Gather>(v)) return picked(v, made);
  if (hands_on(v)) return made.at(first.id);
  const auto run = [&](const Op& op, std::size_t size, std::span<const ClosedValue* const> in) {
    return applied(op, row_type(dtype, size), in);
  };
  const std::size_t size = x_.type().shape[-1].size;
  if (is_reduction(v) || goes_by_rows(v)) {
    ClosedValue x = ClosedValue::of(Type{DType::f32, Shape{} << size});
    const ClosedValue& from = made.at(first.id);
    for (std::size_t i = 0; i < size; ++i) x.buffer().reals()[i] = from.number(from.size() == 1 ? 0 : i);
    const std::array in{static_cast<const ClosedValue*>(&x)};
    return is_reduction(v) ? run(whole(v), 1, in) : run(*v.op(), size, in);
  }
  if (as<OneHot>(v)) return run(*v.op(), size, std::array{&made.at(first.id)});
  const Form form = forms_.at(v.id) == Form::places ? Form::dropped : forms_.at(v.id);
  std::vector<ClosedValue> beside;
  beside.reserve(v.operands().size());
  std::vector<const ClosedValue*> in;
  std::size_t width = 1;
  for (Value operand : v.operands()) {
    in.push_back(is_open(operand) ? &made.at(operand.id) : &beside.emplace_back(closed_at(operand, form, row)));
    width = std::max(width, in.back()->size());
  }
  return run(*v.op(), width, in);
}

std::vector<Value> rows_behind(Value y) {
  constexpr std::size_t most = 16;
  std::vector<Value> found, next{y};
  std::set<std::uint32_t> seen;
  while (!next.empty() && seen.size() < 4 * most && found.size() < most) {
    const Value v = next.front();
    next.erase(next.begin());
    for (Value operand : v.operands()) {
      if (!seen.insert(operand.id).second) continue;
      if (operand.type() == y.type()) found.push_back(operand);
      if (operand.op()) next.push_back(operand);
    }
  }
  return found;
}

}  // namespace vitrine
