// merge_products: two and three weights, read as they are and turned over, under a matrix read either way, with
// batches.
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

void products_of_one_matrix(Rule& rule) {
  const auto of = [&](const Matmul& flags, std::size_t M, std::size_t K, std::vector<std::size_t> widths,
                      bool batches) {
    Graph graph("proof");
    Shape left = flags.transpose_left ? Shape{} << K << M : Shape{} << M << K;
    if (batches) left = (Shape{} << std::size_t{2} << left[0] << left[1]);
    const Value x = graph.input("x", {DType::f32, left});
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const Shape right = flags.transpose_right ? Shape{} << widths[i] << K : Shape{} << K << widths[i];
      const Value w = graph.state("w" + std::to_string(i), {DType::f32, right});
      graph.output("y" + std::to_string(i), emit(flags, {x, w}));
    }
    rule.holds(graph, 40);
  };
  for (const bool left : {false, true})
    for (const bool right : {false, true})
      for (const bool batches : {false, true})
        for (std::size_t M = 1; M <= 3; ++M)
          for (std::size_t K = 1; K <= 3; ++K)
            for (std::size_t N = 0; N <= 3; ++N) {
              of({left, right}, M, K, {N, 2}, batches);
              of({left, right}, M, K, {1, N, 3}, batches);
            }
}

constexpr std::array proofs{
    Proof{"merge_products", "matmul(x, a), matmul(x, b) => slices of matmul(x, concat(a, b))", products_of_one_matrix}};

}  // namespace

std::span<const Proof> product_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("products of one matrix by several weights are one product, for every flag and small size") {
  prove(product_proofs());
}
