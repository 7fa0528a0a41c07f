// Transposes merge, and matmul reads a transposed operand by a flag: no element is moved.
//   transpose(transpose(x))           =>   x
//   matmul(transpose(a), b)           =>   matmul(a, b) {transpose_left = true}      (the flag flips if it was set)
//   matmul(a, transpose(b))           =>   matmul(a, b) {transpose_right = true}
#include "compiler/passes.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

void fold_transposes(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological()) {
    if (!v.op() || !is_used(v)) continue;
    if (as<Transpose>(v)) {
      const Value inner = v.operands()[0];
      if (as<Transpose>(inner)) rewriter.replace(v, inner.operands()[0], "transpose(transpose(x)) => x");
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
