#include "tests/random_graph.hpp"

#include <algorithm>
#include <cstdlib>

#include "compiler/op_table.hpp"
#include "compiler/reference.hpp"
#include "tests/random_call.hpp"
#include "tests/random_leaves.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/pad.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_nodes = 40;

class Growth {
 public:
  explicit Growth(std::uint64_t seed) : draw_(seed), room_(draw_), graph_("random " + std::to_string(seed)) {
    // A few ops that come again and again meet in ways in which all together hardly do ("swarm testing", Groce et al.,
    // ISSTA 2012).
    if (draw_.chance(60))
      for (std::size_t left = 3 + draw_.below(10); left > 0; --left) ops_.push_back(draw_.pick(every_op()));
    else
      ops_ = every_op();
    const std::size_t nodes = draw_.chance(4) ? 1 : 1 + draw_.below(most_nodes);
    for (std::size_t i = 0; i < 1 + draw_.below(std::min<std::size_t>(nodes, 3)); ++i) leaf(random_type());
    for (std::size_t tries = 0; values_.size() < nodes && tries < 4 * most_nodes; ++tries) grow();
    name_results();
  }
  RandomGraph made() && { return {std::move(graph_), std::move(leaves_)}; }

 private:
  Type random_type() {
    Type type{draw_.chance(75) ? DType::f32 : draw_.pick(every_dtype)};
    for (std::size_t rank = draw_.chance(25) ? 5 : draw_.below(6); rank > 0; --rank) {
      Shape longer = type.shape;
      longer << Axis(room_.size(draw_));
      if (room_.fits({type.dtype, longer})) type.shape = longer;
    }
    return type;
  }

  /// An op of any kind on values that are here, if its rule takes them, or on what is made for it.
  void grow() {
    const Call call = random_call(op_to_add(), draw_, room_);
    const std::optional<Op> op = accepted(call, room_);
    if (!op) return;
    if (draw_.chance(60))
      for (int tries = 0; tries < 20; ++tries)
        if (const auto operands = values_like(*op, call.in); !operands.empty() && add(*op, operands)) return;
    std::vector<Value> operands;
    for (const Type& type : call.in) operands.push_back(value_of(type, 2));
    if (std::ranges::all_of(operands, [](Value v) { return bool(v); })) add(*op, operands);
  }

  /// Half of the time an elementwise one, if there is one: they cost a node only and meet each other's rules.
  const OpInfo& op_to_add() {
    const OpInfo* op = draw_.pick(ops_);
    if (draw_.chance(50))
      for (int tries = 0; tries < 6 && !op->elementwise(); ++tries) op = draw_.pick(ops_);
    return *op;
  }

  /// Values of the wanted types of elements, or numbers, that the op's rule takes together; nothing if it does not.
  std::vector<Value> values_like(const Op& op, const std::vector<Type>& wanted) {
    std::vector<Value> found;
    std::vector<Type> in;
    for (const Type& type : wanted) {
      const auto here = values_where([&](const Type& t) { return t.dtype == type.dtype; });
      found.push_back(here.empty() || draw_.chance(20) ? Value{} : draw_.pick(here));
      in.push_back(found.back() ? found.back().type() : Type{type.dtype, {}});
    }
    if (!op.type(in).ok()) return {};
    for (std::size_t k = 0; k < found.size(); ++k)
      if (!found[k] && !(found[k] = scalar(wanted[k].dtype))) return {};
    return found;
  }

  std::vector<Value> values_where(const auto& holds) const {
    std::vector<Value> found;
    for (Value v : values_)
      if (holds(v.type())) found.push_back(v);
    return found;
  }

  /// A value of this type: one that is here, one brought to it, another's axes in this order, an elementwise op of one
  /// of them, or a new leaf. Empty if there is no room.
  Value value_of(const Type& type, int depth) {
    const std::size_t way = draw_.below(100);
    Value made;
    if (const auto same = values_where([&](const Type& t) { return t == type; }); way < 35 && !same.empty())
      made = draw_.pick(same);
    else if (way < 55 && !values_.empty())
      made = brought_to(type, near(type));
    else if (way < 65 && depth > 0 && type.shape.rank() >= 2)
      made = permuted(type, depth - 1);
    else if (way < 80 && depth > 0)
      if (const Value x = value_of(type, depth - 1)) made = elementwise(x);
    return made ? made : leaf(type);
  }

  /// Of some values that are here the one that is most like the type.
  Value near(const Type& type) {
    const auto unlike = [&](Value v) {
      const Shape &a = v.type().shape, &b = type.shape;
      int count = 3 * std::abs(a.rank() - b.rank()) + (v.type().dtype == type.dtype ? 0 : 3);
      for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) count += a[-i].size != b[-i].size;
      return count;
    };
    Value best = draw_.pick(values_);
    for (int i = 0; i < 8; ++i)
      if (const Value other = draw_.pick(values_); unlike(other) < unlike(best)) best = other;
    return best;
  }

  Value permuted(const Type& type, int depth) {
    const int rank = type.shape.rank();
    Positions order;
    if (draw_.chance(50)) {
      Type swapped = type;
      swapped.shape = type.shape.with(-1, type.shape[-2]).with(-2, type.shape[-1]);
      const Value x = value_of(swapped, depth);
      return x ? add(Transpose{}, {x}) : x;
    }
    while (order.size() < rank)
      if (const int next = static_cast<int>(draw_.below(static_cast<std::size_t>(rank)));
          std::find(order.at.begin(), order.at.begin() + order.size(), next) == order.at.begin() + order.size())
        order << next;
    Type from{type.dtype, {}};
    const Positions back = order.inverse();
    for (int i = 0; i < rank; ++i) from.shape << type.shape[back[i]];
    const Value x = value_of(from, depth);
    return x ? add(Permute{order}, {x}) : x;
  }

  Value elementwise(Value x) {
    for (int tries = 0; tries < 8; ++tries) {
      const OpInfo& info = *draw_.pick(every_op());
      if (!info.elementwise() || info.operands != 1 || info.variadic) continue;
      const Inferred made = info.example().op.type(std::array{x.type()});
      if (made.ok() && made.type == x.type()) return add(info.example().op, {x});
    }
    return x;
  }

  /// The value by cast, reshape, slices, pads, a broadcast and a rename, as each is needed. Empty where that cannot be.
  Value brought_to(const Type& type, Value v) {
    if (v.type().dtype != type.dtype) v = add(Cast{type.dtype}, {v});
    if (v && v.type().shape != type.shape && v.type().shape != unnamed(v.type().shape))
      v = add(Rename{unnamed(v.type().shape)}, {v});
    if (v && v.type().shape.rank() != type.shape.rank())
      v = add(Reshape{with_rank(v.type().shape, type.shape.rank())}, {v});
    for (int i = 0; v && i < type.shape.rank(); ++i) v = resized(v, i, type.shape[i].size);
    const auto same_sizes = [&] { return unnamed(v.type().shape) == unnamed(type.shape); };
    if (v && !same_sizes()) v = add(BroadcastTo{type.shape}, {v});
    if (v && v.type().shape != type.shape) v = add(Rename{type.shape}, {v});
    return v;
  }
  static Shape unnamed(const Shape& shape) {
    Shape made;
    for (const Axis& a : shape) made << Axis(a.size);
    return made;
  }
  /// Axes of 1 in front, or the first axes as one.
  static Shape with_rank(const Shape& shape, int rank) {
    Shape made;
    for (int i = shape.rank(); i < rank; ++i) made << Axis(1);
    const int joined = shape.rank() - rank;
    std::size_t front = 1;
    for (int i = 0; i < shape.rank(); ++i) {
      front *= i <= joined ? shape[i].size : 1;
      if (rank > 0 && i >= joined) made << Axis(i == joined && joined > 0 ? front : shape[i].size);
    }
    return made;
  }
  Value resized(Value v, int axis, std::size_t wanted) {
    const std::size_t here = v.type().shape[axis].size;
    if (here > wanted) {
      const std::size_t step = wanted > 1 ? 1 + draw_.below((here - 1) / (wanted - 1)) : 1 + draw_.below(3);
      const std::size_t length = wanted == 0 ? 0 : (wanted - 1) * step + 1, begin = draw_.below(here - length + 1);
      const auto whole = [](std::size_t n) { return static_cast<std::int64_t>(n); };
      return add(Slice{axis, whole(begin), whole(begin + length), whole(step)}, {v});
    }
    if (here == wanted || (here == 1 && v.type().dtype == DType::f32)) return v;
    const auto missing = static_cast<std::int64_t>(wanted - here);
    const auto before = static_cast<std::int64_t>(draw_.below(wanted - here + 1));
    return add(Pad{axis, before, missing - before, 0, draw_.chance(50) ? 0.f : 1.f}, {v});
  }

  /// Often one of the numbers that rewrite rules speak of.
  Value scalar(DType dtype) {
    if (dtype != DType::f32 || values_.size() >= most_nodes || draw_.chance(20)) return leaf({dtype, {}});
    constexpr std::array<float, 8> numbers{0.f, 0.f, 0.f, -0.f, 1.f, 1.f, -1.f, 2.f};
    const float number = draw_.pick(numbers);
    const auto* first = reinterpret_cast<const std::byte*>(&number);
    const std::vector<std::byte> bytes(first, first + sizeof number);
    return remember(graph_.constant({{dtype, {}}, bytes}), bytes);
  }

  Value leaf(const Type& type) {
    if (values_.size() >= most_nodes || !room_.fits(type)) return {};
    const std::size_t kind = draw_.below(4);
    const std::vector<std::byte> bytes = random_elements(type, draw_);
    const std::string id = std::to_string(graph_.end_of_ids());
    if (kind == 0 && type.shape.elements() <= 32) return remember(graph_.constant({type, bytes}), bytes);
    const std::string name = draw_.chance(10) ? "a \"" + id + "\"" : "x." + id;
    leaves_[name] = bytes;
    if (kind != 1) return remember(graph_.input(name, type), bytes);
    const bool numbers = type.dtype == DType::f32;
    return remember(
        graph_.state(name, type, {numbers && draw_.chance(50) ? Init::Rule::normal : Init::Rule::constant, 0}), bytes);
  }

  /// The op, if it takes these operands and has something to say of them; nothing is added otherwise.
  Value add(const Op& op, const std::vector<Value>& operands) {
    std::vector<Type> in;
    std::vector<Buffer<float>> buffers;
    for (Value v : operands) in.push_back(v.type()), buffers.push_back({v.type(), bytes_.at(v.id).data()});
    const Inferred inferred = op.type(in);
    if (values_.size() >= most_nodes || !inferred.ok() || !room_.fits(inferred.type)) return {};
    const auto products = op.info->multiply_adds;
    if (products && products(op.attributes.get(), in, inferred.type) > room_.products) return {};
    std::vector<std::byte> bytes(inferred.type.bytes());
    try {
      op.info->run(op.attributes.get(), buffers, {inferred.type, bytes.data()});
    } catch (const InputError&) {
      return {};  // an index outside of its axis
    }
    if (!is_tame(inferred.type, bytes) && draw_.chance(90)) return {};
    const Graph::Scope scope(graph_, draw_.chance(50) ? "" : "block." + std::to_string(draw_.below(3)), Phase::forward);
    const Value made = graph_.add(op, operands);
    if (draw_.chance(50)) graph_.locate("model.cpp", static_cast<std::uint32_t>(1 + draw_.below(90)));
    return remember(made, bytes);
  }

  Value remember(Value v, const std::vector<std::byte>& bytes) {
    if (bytes_.try_emplace(v.id, bytes).second) values_.push_back(v);
    return v;
  }

  void name_results() {
    const auto here = values_;
    const auto output = [&](Value v) { graph_.output("y" + std::to_string(graph_.outputs().size()), v); };
    for (Value v : here)
      if (draw_.chance(graph_.is_read(v) ? 12 : 75)) output(v);
    if (graph_.outputs().empty() || draw_.chance(20)) output(draw_.pick(here));
    if (draw_.chance(20)) output(draw_.pick(graph_.outputs()).second);
    for (Value state : here) {
      if (state.node().leaf != Leaf::state || draw_.chance(35)) continue;
      const auto same = values_where([&](const Type& t) { return t == state.type(); });
      const Value made = draw_.chance(40) ? brought_to(state.type(), draw_.pick(here)) : Value{};
      graph_.update(state, made ? made : draw_.pick(same));
    }
  }

  Draw draw_;
  Room room_;
  Graph graph_;
  Leaves leaves_{};
  std::vector<const OpInfo*> ops_{};
  std::vector<Value> values_{};  // every node, oldest first
  std::map<std::uint32_t, std::vector<std::byte>> bytes_{};
};

}  // namespace

RandomGraph random_graph(std::uint64_t seed) { return Growth(seed).made(); }

}  // namespace vitrine
