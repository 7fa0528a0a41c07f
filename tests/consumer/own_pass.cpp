// A pass of one's own, from the installed headers of the compiler: tanh(x) => sigmoid(2 x) * 2 - 1, the same
// mathematics.
#include <cstdio>
#include <vector>

#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sigmoid.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/tanh.hpp"

using namespace vitrine;

namespace {
void tanh_by_sigmoid(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological())
    if (as<Tanh>(v)) rewriter.replace(v, sigmoid(v.operands()[0] * 2.f) * 2.f - 1.f, "tanh by sigmoid");
}
}  // namespace

int run_own_pass(Graph graph) {
  std::vector<Pass> passes{{"tanh_by_sigmoid", Contract::reorders, "tanh(x) => sigmoid(2 x) * 2 - 1", tanh_by_sigmoid}};
  passes.insert(passes.end(), default_pipeline.begin(), default_pipeline.end());
  optimize(graph, passes);
  return std::puts(print(graph).c_str()) < 0;
}
