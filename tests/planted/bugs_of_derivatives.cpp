// Derivatives with a term missing, a sign wrong, a factor or a mask lost.
#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

/// A graph of one op on x (and y).
std::string of_one(const std::string& call) {
  return "graph g {\n input %x : f32[4, 4]\n input %y : f32[4, 4]\n %2 = " + call + "\n output y = %2\n}";
}

template <class O> void plant_derivative(Planted& planted, void (*wrong)(Value result, Gradients&)) {
  planted.derivative = [wrong](Value result, Gradients& made) {
    if (as<O>(result)) wrong(result, made);
  };
}

}  // namespace

std::vector<PlantedBug> bugs_of_derivatives() {
  return {
      {"the second factor of a product gets no gradient", "gradients", of_one("mul(%x, %y) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Mul>(p, [](Value, Gradients& g) { g[1] = {}; }); }},
      {"what is subtracted gets the gradient's own sign", "gradients", of_one("sub(%x, %y) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Sub>(p, [](Value, Gradients& g) { g[1] = g[0]; }); }},
      {"a matmul's gradient is not transposed", "gradients", of_one("matmul(%x, %y) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Matmul>(p, [](Value, Gradients& g) { g[0] = transpose(g[0]); }); }},
      {"relu lets every gradient through", "gradients", of_one("relu(%x) : f32[4, 4]"),
       [](Planted& p) {
         plant_derivative<Relu>(
             p, [](Value v, Gradients& g) { g[0] = broadcast_to(number(*v.graph, 1), v.type().shape); });
       }},
      {"softmax's gradient lacks the sum over the row", "gradients", of_one("softmax(%x) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Softmax>(p, [](Value v, Gradients& g) { g[0] = v * (g[0] + v); }); }},
      {"a mean's gradient is not divided by how many there are", "gradients",
       of_one("mean(%x) {to = [4, 1]} : f32[4, 1]"),
       [](Planted& p) { plant_derivative<Mean>(p, [](Value, Gradients& g) { g[0] = g[0] * 4.f; }); }},
      {"exp's gradient is taken at x and not at y", "gradients", of_one("exp(%x) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Exp>(p, [](Value v, Gradients& g) { g[0] = g[0] / v * v.operands()[0]; }); }},
      {"tanh's gradient is off by a thousandth", "gradients", of_one("tanh(%x) : f32[4, 4]"),
       [](Planted& p) { plant_derivative<Tanh>(p, [](Value, Gradients& g) { g[0] = g[0] * 1.001f; }); }},
      {"layer norm's gradient forgets that the mean moves too", "gradients",
       of_one("layer_norm(%x) {eps = 1e-05} : f32[4, 4]"),
       [](Planted& p) {
         p.derivative = [](Value v, Gradients& g) {
           if (v.op()->name() == "layer_norm") g[0] = g[0] + 0.1f;
         };
       }},
  };
}

}  // namespace vitrine
