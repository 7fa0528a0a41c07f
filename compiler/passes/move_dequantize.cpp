// What only moves numbers about moves their codes instead, which are a quarter or an eighth of the bytes; and so codes
// come to stand where a product reads them.
//   gather(dequantize(c, s), i)                     =>   dequantize(gather(c, i), gather(s, i))
//   concat(dequantize(c, s), dequantize(d, t))      =>   dequantize(concat(c, d), concat(s, t))
//   rename(dequantize(c, s))                        =>   dequantize(rename(c), rename(s))
// and the same of unpack_int4, whose bytes move whole. A group stays whole: nothing is moved along the axis that groups
// lie along.
#include "compiler/passes.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/dequantize.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/unpack_int4.hpp"

namespace vitrine {

namespace {

/// An op that makes numbers of codes in groups along an axis, and is made again from other codes of the kind.
struct Decoding {
  int axis = 0;
  bool unpacks = false;
  Op op;

  static std::optional<Decoding> of(Value v) {
    if (const auto* d = as<Dequantize<false>>(v)) return Decoding{static_cast<int>(d->axis), false, *v.op()};
    if (const auto* d = as<Dequantize<true>>(v)) return Decoding{static_cast<int>(d->axis), false, *v.op()};
    if (const auto* u = as<UnpackInt4>(v)) return Decoding{static_cast<int>(u->axis), true, *v.op()};
    return {};
  }
  /// The same with groups along another number of axis, and (of what unpacks) the axis called otherwise.
  Op along(int other, const Axis& to) const {
    if (const auto* d = as<Dequantize<false>>(&op)) return Dequantize<false>{other, d->group, d->zero};
    if (const auto* d = as<Dequantize<true>>(&op)) return Dequantize<true>{other, d->group};
    return UnpackInt4{other, as<UnpackInt4>(&op)->group, to};
  }
};

constexpr std::string_view of_gather = "gather(dequantize(c, s), i) => dequantize(gather(c, i), gather(s, i))",
                           of_concat =
                               "concat(dequantize(c, s), dequantize(d, t)) => dequantize(concat(c, d), "
                               "concat(s, t))",
                           of_rename = "rename(dequantize(c, s)) => dequantize(rename(c), rename(s))";

class Moving {
 public:
  explicit Moving(Rewriter& rewriter) : rewriter_(rewriter) {}

  void visit(Value v) {
    if (as<Gather>(v))
      gather_codes(v);
    else if (as<Concat>(v))
      concat_codes(v);
    else if (as<Rename>(v))
      rename_codes(v);
  }

 private:
  void gather_codes(Value v) {
    const Value whole = v.operands()[0], index = v.operands()[1];
    const auto decoding = Decoding::of(whole);
    if (!decoding) return;
    const auto picked = static_cast<int>(as<Gather>(v)->axis);
    if (picked == decoding->axis)
      return rewriter_.refuse(v, of_gather, "it picks along the axis that groups lie along, and would take them apart",
                              "groups along another axis of the table");
    const int axis = decoding->axis < picked ? decoding->axis : decoding->axis - 1 + index.type().shape.rank();
    replace(
        v, of_gather, decoding->along(axis, v.type().shape[axis]),
        [&](std::size_t operand) { return gather(whole.operands()[operand], index, picked); }, whole.operands().size());
  }

  void concat_codes(Value v) {
    const std::vector<Value> parts = v.operands();
    const auto along = static_cast<int>(as<Concat>(v)->axis);
    const auto first = Decoding::of(parts[0]);
    if (!first) return;
    if (along == first->axis)
      return rewriter_.refuse(v, of_concat, "it puts them together along the axis that groups lie along",
                              "groups along another axis");
    for (Value part : parts) {
      const auto other = Decoding::of(part);
      const auto alike = [&] { return first->along(other->axis, Axis()) == other->along(other->axis, Axis()); };
      if (!other || other->axis != first->axis || part.operands().size() != parts[0].operands().size() || !alike() ||
          part.operands()[0].type().dtype != parts[0].operands()[0].type().dtype)
        return rewriter_.refuse(v, of_concat, "not all of it has codes of one kind, in groups of one size",
                                "one format for all of these weights");
    }
    replace(
        v, of_concat, first->along(first->axis, v.type().shape[first->axis]),
        [&](std::size_t operand) {
          std::vector<Value> codes;
          for (Value part : parts) codes.push_back(part.operands()[operand]);
          return v.graph->add(Concat{along}, codes);
        },
        parts[0].operands().size());
  }

  void rename_codes(Value v) {
    const Value whole = v.operands()[0];
    const auto decoding = Decoding::of(whole);
    if (!decoding) return;
    const Shape& to = v.type().shape;
    replace(
        v, of_rename, decoding->along(decoding->axis, to[decoding->axis]),
        [&](std::size_t operand) {
          const Value codes = whole.operands()[operand];
          // Along the axis of the groups only codes that are not packed have its size and so its name.
          const bool has_axis = operand == 0 && !decoding->unpacks;
          return renamed(codes, has_axis ? to : to.with(decoding->axis, codes.type().shape[decoding->axis]));
        },
        whole.operands().size());
  }

  /// made(k) is operand number k of what takes v's place.
  void replace(Value v, std::string_view rule, const Op& op, const auto& made, std::size_t count) {
    std::vector<Value> operands;
    for (std::size_t k = 0; k < count; ++k) operands.push_back(made(k));
    const Value by = v.graph->add(op, operands);
    rewriter_.replace(v, renamed(by, v.type().shape), rule);
  }

  Rewriter& rewriter_;
};

}  // namespace

void move_dequantize(Graph& graph, Rewriter& rewriter) {
  Moving moving(rewriter);
  for (Value v : graph.topological())
    if (v.op() && is_used(v)) moving.visit(v);
}

}  // namespace vitrine
