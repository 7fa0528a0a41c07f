// Identities that hold for every float, NaN, inf and signed zero included; those that do not are refused with a remark.
//   x * 1, 1 * x, x / 1, x - 0        =>   x          x + 0 is refused: -0 + 0 is +0
//   neg(neg(x))                       =>   x          x * 0 is refused: inf * 0 is NaN
//   relu(relu(x)), abs(abs(x))        =>   relu(x), abs(x)
//   abs(neg(x))                       =>   abs(x)     x - x, x / x are refused: inf - inf, 0 / 0 are NaN
//   pow(x, 1), pow(x, 2), pow(x, -1)  =>   x, x * x, 1 / x
//   greater(x, 0) beside relu(x)      =>   greater(relu(x), 0): x need not be kept for the way back
//   rename/reshape of the same        =>   one of them, or none
//   flip(flip(x)), slice(x) of all    =>   x          pad(x) by nothing  =>   x
#include <algorithm>

#include "compiler/is_number.hpp"
#include "compiler/passes.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/flip.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/pad.hpp"
#include "vitrine/ops/pow.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

namespace {

class Simplifier {
 public:
  Simplifier(Graph& graph, Rewriter& rewriter) : graph_(graph), rewriter_(rewriter) {}

  void visit(Value v) {
    if (as<Mul>(v))
      multiplication(v);
    else if (as<Div>(v))
      division(v);
    else if (as<Sub>(v))
      subtraction(v);
    else if (as<Add>(v))
      addition(v);
    else if (as<Pow>(v))
      power(v);
    else if (as<Neg>(v))
      same_inside<Neg>(v, "neg(neg(x)) => x", true);
    else if (as<Relu>(v))
      same_inside<Relu>(v, "relu(relu(x)) => relu(x)", false);
    else if (as<Abs>(v))
      absolute(v);
    else if (as<Greater>(v))
      relu_mask(v);
    else if (as<Rename>(v) || as<Reshape>(v) || as<BroadcastTo>(v) || as<Slice>(v) || as<Pad>(v))
      layout(v);
    else if (as<Flip>(v))
      flip_back(v);
    else if (as<SumTo>(v) && v.operands()[0].type() == v.type())
      unsafe(v, "sum_to(x) of its own shape => x", "0 + -0 is +0");
  }

 private:
  using Where = std::source_location;
  /// An identity drops an operand, so the other one must have the whole shape (and its names).
  bool drop(Value v, Value kept, Wording rule, Where at = Where::current()) {
    if (kept.type() == v.type()) return rewriter_.replace(v, kept, rule, at), true;
    rewriter_.refuse(v, rule, "x is broadcast by the other operand", "give both operands one shape", at);
    return false;
  }
  void unsafe(Value v, Wording rule, Wording reason, Where at = Where::current()) {
    rewriter_.refuse(v, rule, reason, "write the simpler form in the model if its values are finite", at);
  }

  void multiplication(Value v) {
    const Value a = v.operands()[0], b = v.operands()[1];
    if (is_number(b, 1))
      drop(v, a, "x * 1 => x");
    else if (is_number(a, 1))
      drop(v, b, "1 * x => x");
    else if (is_number(a, 0) || is_number(b, 0))
      unsafe(v, "x * 0 => 0", "inf * 0 is NaN and -1 * 0 is -0");
  }
  void division(Value v) {
    const Value a = v.operands()[0], b = v.operands()[1];
    if (is_number(b, 1))
      drop(v, a, "x / 1 => x");
    else if (a == b)
      unsafe(v, "x / x => 1", "0 / 0 and inf / inf are NaN");
  }
  void subtraction(Value v) {
    const Value a = v.operands()[0], b = v.operands()[1];
    if (is_number(b, 0))
      drop(v, a, "x - 0 => x");
    else if (a == b)
      unsafe(v, "x - x => 0", "inf - inf is NaN");
  }
  void addition(Value v) {
    const Value a = v.operands()[0], b = v.operands()[1];
    if (is_number(b, -0.f))
      drop(v, a, "x + -0 => x");
    else if (is_number(a, -0.f))
      drop(v, b, "-0 + x => x");
    else if (is_number(a, 0) || is_number(b, 0))
      unsafe(v, "x + 0 => x", "-0 + 0 is +0");
  }
  /// math::power promises these very bits.
  void power(Value v) {
    const Value x = v.operands()[0], y = v.operands()[1];
    if (is_number(y, 1))
      drop(v, x, "pow(x, 1) => x");
    else if (x.type() == v.type() && is_number(y, 2))
      rewriter_.replace(v, x * x, "pow(x, 2) => x * x");
    else if (x.type() == v.type() && is_number(y, -1))
      rewriter_.replace(v, 1.f / x, "pow(x, -1) => 1 / x");
  }
  template <class O> void same_inside(Value v, Wording rule, bool cancels, Where at = Where::current()) {
    const Value inner = v.operands()[0];
    if (as<O>(inner)) rewriter_.replace(v, cancels ? inner.operands()[0] : inner, rule, at);
  }
  void absolute(Value v) {
    const Value inner = v.operands()[0];
    if (as<Abs>(inner))
      rewriter_.replace(v, inner, "abs(abs(x)) => abs(x)");
    else if (as<Neg>(inner))
      rewriter_.replace(v, abs(inner.operands()[0]), "abs(neg(x)) => abs(x)");
  }
  /// x > 0 exactly where relu(x) > 0, NaN included (false in both).
  void relu_mask(Value v) {
    const Value x = v.operands()[0];
    if (!is_number(v.operands()[1], 0) || as<Relu>(x)) return;
    for (Value user : graph_.users(x))
      if (as<Relu>(user) && is_used(user))
        return rewriter_.replace(v, greater(user, v.operands()[1]), "greater(x, 0) => greater(relu(x), 0)");
  }
  void layout(Value v) {
    const Value x = v.operands()[0];
    if (x.type() == v.type()) return rewriter_.replace(v, x, "a change of layout to what it was => nothing");
    if (as<Rename>(v) && as<Rename>(x))
      rewriter_.replace(v, emit(*v.op(), {x.operands()[0]}), "rename(rename(x)) => rename(x)");
    else if (as<Reshape>(v) && (as<Reshape>(x) || as<Rename>(x)))
      rewriter_.replace(v, emit(*v.op(), {x.operands()[0]}), "reshape(reshape(x)) => reshape(x)");
    else if (as<Reshape>(v) && as<BroadcastTo>(x) && x.operands()[0].type().shape.empty())
      rewriter_.replace(v, broadcast_to(x.operands()[0], v.type().shape),
                        "reshape(broadcast_to(number)) => broadcast_to(number)");
    else if (as<BroadcastTo>(v))
      broadcast_operand(v);
  }
  void flip_back(Value v) {
    const Value inner = v.operands()[0];
    if (as<Flip>(inner) && *as<Flip>(inner) == *as<Flip>(v))
      rewriter_.replace(v, inner.operands()[0], "flip(flip(x)) => x");
  }
  /// Elementwise ops repeat what they need: a broadcast that only they read, beside an operand of the whole shape,
  /// goes.
  void broadcast_operand(Value v) {
    for (Value user : graph_.users(v)) {
      if (!is_used(user) || !user.op()->info->elementwise() || as<BroadcastTo>(user) || user.op()->info->variadic)
        continue;
      std::vector<Value> operands = user.operands();
      std::ranges::replace(operands, v, v.operands()[0]);
      std::vector<Type> in;
      for (Value o : operands) in.push_back(o.type());
      const Inferred made = user.op()->type(in);
      if (made.ok() && made.type == user.type())
        rewriter_.replace(user, graph_.add(*user.op(), operands), "f(broadcast_to(x), y) => f(x, y)");
    }
  }

  Graph& graph_;
  Rewriter& rewriter_;
};

}  // namespace

void simplify_algebra(Graph& graph, Rewriter& rewriter) {
  Simplifier simplifier(graph, rewriter);
  for (Value v : graph.topological())
    if (v.op() && is_used(v)) simplifier.visit(v);
}

}  // namespace vitrine
