// fold_batch_norm: every chain of up to three links behind a product, on ordinary values, within the rounding that the
// chain's own operations may have.
#include <random>

#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

enum class Link { add, add_left, sub, mul, mul_left, div };
constexpr std::array every_link{Link::add, Link::add_left, Link::sub, Link::mul, Link::mul_left, Link::div};
bool scales(Link link) { return link >= Link::mul; }

/// The chain; or, of numbers without a sign, what bounds its terms: nothing is subtracted there.
Value linked(Value x, Value by, Link link, bool bound) {
  switch (link) {
    case Link::add: return x + by;
    case Link::add_left: return by + x;
    case Link::sub: return bound ? x + by : x - by;
    case Link::mul: return x * by;
    case Link::mul_left: return by * x;
    case Link::div: return x / by;
  }
  return {};
}

struct Case {
  Shape x, weight;
  Op product;
  std::vector<Link> links{};
  bool scalar = false;  // what the links are of: one number instead of one for each column

  Graph graph(bool bound) const {
    Graph made("proof");
    const Value in = made.input("x", {DType::f32, x}), w = made.state("w", {DType::f32, weight});
    Value y = made.add(product, {in, w});
    for (std::size_t i = 0; i < links.size(); ++i) {
      const Shape shape = scalar ? Shape{} : Shape{} << weight[-1];
      y = linked(y, made.state("s" + std::to_string(i), {DType::f32, shape}), links[i], bound);
    }
    made.output("y", y);
    return made;
  }
};

/// A chain of floats a, each of at most k operations with relative error u = 2^-24, is off by no more than
/// k u / (1 - k u) of the same chain of |a| (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, 3.1). Both
/// graphs have at most as many operations on a path as the product has terms and two for every link.
void check(Rule& rule, const Case& c) {
  const Graph before = c.graph(false), after = rule.fired(before), bound = c.graph(true);
  const std::size_t terms = c.weight.elements() / c.weight[-1].size;
  const double u = std::ldexp(1.0, -24), k = static_cast<double>(terms + 2 * c.links.size() + 2);
  std::mt19937 random(terms + c.links.size());
  std::uniform_real_distribution<float> magnitude(0.25f, 4.f);
  Values<float> leaves, magnitudes;
  for (Value v : before.topological()) {
    if (v.op()) continue;
    auto &bytes = leaves[v.id], &positive = magnitudes[v.id];
    bytes.resize(v.type().bytes()), positive.resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const float m = magnitude(random), x = random() % 2 ? m : -m;
      std::memcpy(&bytes[i * 4], &x, 4), std::memcpy(&positive[i * 4], &m, 4);
    }
  }
  const auto was = results_of(before, leaves), is = results_of(after, leaves), most = results_of(bound, magnitudes);
  for (std::size_t i = 0; i < was[0].size(); i += 4) {
    float a = 0, b = 0, m = 0;
    std::memcpy(&a, &was[0][i], 4), std::memcpy(&b, &is[0][i], 4), std::memcpy(&m, &most[0][i], 4);
    // Each of both may be so far from the exact result, and the bound itself was rounded.
    if (!(std::abs(double(a) - double(b)) <= 2.01 * k * u * double(m)))
      FAIL(a << " became " << b << ", more than " << 2.01 * k * u * double(m) << " away:\n"
             << print(before) << "=>\n"
             << print(after));
  }
}

/// Every chain of up to three links of which one scales.
std::vector<std::vector<Link>> every_chain() {
  std::vector<std::vector<Link>> found, longest{{}};
  for (int length = 1; length <= 3; ++length) {
    std::vector<std::vector<Link>> longer;
    for (const auto& chain : longest)
      for (const Link link : every_link) {
        longer.push_back(chain);
        longer.back().push_back(link);
        if (std::ranges::any_of(longer.back(), scales)) found.push_back(longer.back());
      }
    longest = std::move(longer);
  }
  return found;
}

void every_product(Rule& rule) {
  for (const std::vector<Link>& links : every_chain())
    for (const bool scalar : {false, true}) {
      for (int k = 1; k <= 3; ++k)
        for (int n = 1; n <= 3; ++n)
          for (int m = k; m <= 3; ++m)  // a weight larger than the result is not folded
            check(rule, {Shape{} << m << k, Shape{} << k << n, Matmul{false, false}, links, scalar});
      check(rule, {shape_of<2, 3, 2>, shape_of<2, 3>, Matmul{false, false}, links, scalar});
      check(rule, {shape_of<2, 3>, shape_of<2, 3>, Matmul{true, false}, links, scalar});
      for (const std::int64_t window : {1, 2})
        check(rule,
              {shape_of<2, 4, 3, 2>, Shape{} << window << window << 2 << 3, Conv2d{{1, 1}, {0, 0}, 1}, links, scalar});
    }
}

constexpr std::array proofs{
    Proof{"fold_batch_norm", "(product(x, w) + b) * scale => product(x, w * scale) + b * scale", every_product}};

}  // namespace

std::span<const Proof> batch_norm_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("folding a batch norm is off by no more than rounding for every chain of up to three links") {
  prove(batch_norm_proofs());
}
