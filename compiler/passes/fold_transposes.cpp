// Transposes and permutes merge, and matmul reads a transposed operand by a flag: no element is moved.
//   transpose(transpose(x))           =>   x
//   permute(permute(x))               =>   permute(x), or x where the second undoes the first
//   permute(x) of the last two axes   =>   transpose(x)
//   matmul(transpose(a), b)           =>   matmul(a, b) {transpose_left = true}      (the flag flips if it was set)
//   matmul(a, transpose(b))           =>   matmul(a, b) {transpose_right = true}
#include "compiler/axis_order.hpp"
#include "compiler/passes.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

namespace {

void reorder(Value v, const Positions& order, Rewriter& rewriter) {
  const Value x = v.operands()[0];
  if (order_of(x))
    return rewriter.replace(
        v, ordered(x, order),
        as<Transpose>(v) && as<Transpose>(x) ? "transpose(transpose(x)) => x" : "permute(permute(x)) => permute(x)");
  if (!as<Permute>(v)) return;
  if (order == order_in_place(order.size()))
    rewriter.replace(v, x, "permute(x) to the order it has => x");
  else if (order == order_of_transpose(order.size()))
    rewriter.replace(v, transpose(x), "permute(x) of the last two axes => transpose(x)");
}

}  // namespace

void fold_transposes(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological()) {
    if (!v.op() || !is_used(v)) continue;
    if (const auto order = order_of(v)) {
      reorder(v, *order, rewriter);
    } else if (const Matmul* matmul = as<Matmul>(v)) {
      Value a = v.operands()[0], b = v.operands()[1];
      Matmul made = *matmul;
      if (as<Transpose>(a)) a = a.operands()[0], made.transpose_left = !made.transpose_left;
      if (as<Transpose>(b)) b = b.operands()[0], made.transpose_right = !made.transpose_right;
      if (!(made == *matmul))
        rewriter.replace(v, emit(made, {a, b}), "matmul(transpose(a), b) => matmul(a, b) with a flag");
    }
  }
}

}  // namespace vitrine
