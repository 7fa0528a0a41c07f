// An elementwise op on constants is the constant it makes, computed by the op's own definition, so the bits are those
// that a run would have made. Ops that add up stay: their kernels add in another order.
//   %3 = mul(2.0, 0.5)   =>   1.0
#include <algorithm>

#include "compiler/passes.hpp"
#include "vitrine/ops/broadcast_to.hpp"

namespace vitrine {

namespace {

/// Larger results stay ops: a constant would cost more memory to keep than time to make.
constexpr std::size_t most_elements = 64;

bool is_constant(Value v) { return v.node().leaf == Leaf::constant; }

/// Kernels sum and multiply in another order than an op's definition does; element by element both are the same.
bool same_bits_anywhere(const OpInfo& op) { return op.elementwise() || op.view || op.operands == 0; }

Constant computed(Value v) {
  std::vector<Buffer<float>> in;
  for (Value operand : v.operands()) {
    // run() takes buffers it may write; it only writes the last one.
    in.push_back({operand.type(), const_cast<std::byte*>(operand.node().literal->data())});
  }
  Constant made{v.type(), std::vector<std::byte>(v.type().bytes())};
  v.op()->info->run(v.op()->attributes.get(), in, {v.type(), made.bytes.data()});
  return made;
}

}  // namespace

void fold_constants(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological()) {
    if (as<BroadcastTo>(v)) continue;  // a number repeated is kept best as that number
    if (!v.op() || !is_used(v) || !same_bits_anywhere(*v.op()->info) || !std::ranges::all_of(v.operands(), is_constant))
      continue;
    if (v.type().shape.elements() > most_elements) {
      rewriter.refuse(
          v, "f(constants) => constant",
          [&] {
            return "its " + std::to_string(v.type().shape.elements()) + " elements are more than " +
                   std::to_string(most_elements);
          },
          "compute with the small operands first and broadcast last");
      continue;
    }
    rewriter.replace(v, graph.constant(computed(v)), "f(constants) => constant");
  }
}

}  // namespace vitrine
