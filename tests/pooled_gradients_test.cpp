// What convolutions pass on of a gradient behind a max pool: kernels against the ops' own definitions.
#include "runtime/pooled_gradients.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/parse.hpp"
#include "compiler/reference.hpp"
#include "runtime/random.hpp"
#include "tools/compiled.hpp"
#include "vitrine/ops/pooled_gradients.hpp"

using namespace vitrine;

namespace {

struct Case {
  Shape x, w;
  Extent padding, window;

  Shape y() const { return Conv2d{{1, 1}, padding, 1}.type({DType::f32, x}, {DType::f32, w}).type.shape; }
  Shape dy() const { return MaxPool2d{window, window, {0, 0}}.type({DType::f32, y()}).type.shape; }
  PooledConvolution sizes() const {
    const Extent kernel{static_cast<std::int64_t>(w[0].size), static_cast<std::int64_t>(w[1].size)};
    return {windows_of(x, kernel, y(), {1, 1}, padding), windows_of(y(), window, dy(), window, {0, 0})};
  }
};

/// Kernels of more rows and vectors than registers hold, windows that leave pixels over, batches that are cut and
/// whole.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {shape_of<3, 8, 8, 32>, shape_of<3, 3, 32, 20>, {1, 1}, {2, 2}},
      {shape_of<19, 9, 7, 3>, shape_of<3, 3, 3, 16>, {1, 1}, {2, 2}},
      {shape_of<2, 9, 10, 5>, shape_of<5, 2, 5, 33>, {2, 1}, {2, 3}},
      {shape_of<1, 12, 12, 70>, shape_of<2, 5, 70, 3>, {0, 2}, {3, 3}},
      {shape_of<1, 6, 6, 1>, shape_of<1, 1, 1, 1>, {0, 0}, {4, 1}},
      {shape_of<0, 6, 6, 2>, shape_of<3, 3, 2, 3>, {1, 1}, {2, 2}},
      {shape_of<2, 6, 6, 4>, shape_of<4, 4, 4, 17>, {3, 3}, {2, 2}},
  };
  return all;
}

std::vector<float> numbers(std::size_t count, std::string_view name) {
  const RandomStream random(5, stream_of(name));
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = random.normal(i);
  return made;
}

/// Each place there is, in disorder, and one in nine that no window has: what is given there goes nowhere.
std::vector<std::uint8_t> some_places(const Case& c) {
  std::vector<std::uint8_t> made(c.dy().elements());
  const auto all = static_cast<std::size_t>(c.window.rows * c.window.columns);
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i % 9 == 8 ? 255 : i * i % 7 % all);
  return made;
}

/// An op's definition, in double.
std::vector<double> defined(const auto& op, const Shape& to, const std::vector<std::pair<Type, void*>>& in) {
  std::vector<double> made(to.elements());
  std::vector<Buffer<double>> operands;
  for (const auto& [type, data] : in) operands.push_back({type, data});
  op.run(Buffers<double>(operands), Buffer<double>{{DType::f32, to}, made.data()});
  return made;
}
std::vector<double> in_double(const std::vector<float>& x) { return {x.begin(), x.end()}; }
std::vector<double> magnitudes(const std::vector<float>& x) {
  std::vector<double> made;
  for (const float v : x) made.push_back(std::abs(static_cast<double>(v)));
  return made;
}

std::size_t far_off(const std::vector<float>& got, const std::vector<double>& want,
                    const std::vector<double>& magnitude, std::size_t terms) {
  const double allowed = 2 * std::sqrt(static_cast<double>(terms)) * 0x1p-24;
  std::size_t found = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    found += !(std::abs(static_cast<double>(got[i]) - want[i]) <= allowed * magnitude[i] + 1e-30);
  return found;
}

/// made(isa, threads) for every one of them: the definition's numbers, and the same bits for any threads and wherever
/// there are fused multiply-adds.
void check_all(const std::vector<double>& want, const std::vector<double>& magnitude, std::size_t terms,
               const auto& made) {
  std::vector<float> fused;
  for (const Isa isa : all_isas()) {
    const std::vector<float> alone = made(isa, 1);
    if (isa != Isa::portable) {
      if (fused.empty()) fused = alone;
      CHECK(std::memcmp(alone.data(), fused.data(), alone.size() * sizeof(float)) == 0);
    }
    CHECK(far_off(alone, want, magnitude, terms) == 0);
    for (const int threads : {2, 3}) {
      const std::vector<float> shared = made(isa, threads);
      CHECK(std::memcmp(alone.data(), shared.data(), alone.size() * sizeof(float)) == 0);
    }
  }
}

}  // namespace

TEST_CASE("behind a max pool a convolution's images get what the definition gives them, on every instruction set") {
  for (const Case& c : cases()) {
    CAPTURE(c.x.elements(), c.w.elements(), c.window.rows, c.window.columns);
    const std::vector<float> dy = numbers(c.dy().elements(), "dy"), w = numbers(c.w.elements(), "w");
    std::vector<std::uint8_t> places = some_places(c);
    const auto of = [&](std::vector<double> g, std::vector<double> weight) {
      return defined(
          PooledConv2dInputGradient{c.window, c.padding, c.x}, c.x,
          {{{DType::f32, c.dy()}, g.data()}, {{DType::u8, c.dy()}, places.data()}, {{DType::f32, c.w}, weight.data()}});
    };
    check_all(of(in_double(dy), in_double(w)), of(magnitudes(dy), magnitudes(w)), c.w.elements(),
              [&](Isa isa, int threads) {
                Pool pool(threads);
                std::vector<float> dx(c.x.elements(), 77);
                std::vector<int> seen(c.x.elements() / c.x[3].size);
                PooledInputGradient(c.sizes(), isa, static_cast<std::size_t>(threads))
                    .run(pool, dy.data(), places.data(), w.data(), dx.data(),
                         [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
                           CHECK((column == 0 && columns == c.x[3].size));
                           for (std::size_t r = row; r < row + rows; ++r) ++seen[r];
                         });
                CHECK(std::ranges::all_of(seen, [](int times) { return times == 1; }));
                return dx;
              });
  }
}

TEST_CASE("behind a max pool a convolution's weight gets what the definition gives it, on every instruction set") {
  for (const Case& c : cases()) {
    CAPTURE(c.x.elements(), c.w.elements(), c.window.rows, c.window.columns);
    const std::vector<float> dy = numbers(c.dy().elements(), "dy"), x = numbers(c.x.elements(), "x");
    std::vector<std::uint8_t> places = some_places(c);
    const auto of = [&](std::vector<double> images, std::vector<double> g) {
      return defined(
          PooledConv2dWeightGradient{c.window, c.padding, c.w}, c.w,
          {{{DType::f32, c.x}, images.data()}, {{DType::f32, c.dy()}, g.data()}, {{DType::u8, c.dy()}, places.data()}});
    };
    check_all(of(in_double(x), in_double(dy)), of(magnitudes(x), magnitudes(dy)), c.dy().elements(),
              [&](Isa isa, int threads) {
                Pool pool(threads);
                std::vector<float> dw(c.w.elements(), 77);
                std::vector<std::byte> workspace(PooledWeightGradient::workspace(c.sizes(), isa));
                PooledWeightGradient(c.sizes(), isa, static_cast<std::size_t>(threads))
                    .run(pool, x.data(), dy.data(), places.data(), dw.data(), workspace);
                return dw;
              });
  }
}

TEST_CASE("behind a max pool a bias gets the sum of what windows give to places that they have") {
  for (const Case& c : cases()) {
    const std::vector<float> dy = numbers(c.dy().elements(), "dy");
    std::vector<std::uint8_t> places = some_places(c), within = places;
    for (std::uint8_t& place : within) place = place == 255 ? 0 : place;
    for (std::vector<std::uint8_t>* at : {&places, &within}) {
      const Shape y = Shape{} << c.w[3];
      const auto of = [&](std::vector<double> g) {
        return defined(PooledSum{c.window, c.y()}, y,
                       {{{DType::f32, c.dy()}, g.data()}, {{DType::u8, c.dy()}, at->data()}});
      };
      check_all(of(in_double(dy)), of(magnitudes(dy)), c.dy().elements(), [&](Isa isa, int threads) {
        Pool pool(threads);
        std::vector<float> made(c.w[3].size, 77);
        pooled_sum(pool, isa, c.sizes().pool, dy.data(), at->data(), made.data());
        return made;
      });
    }
  }
}

TEST_CASE("a training step with a max pool stores no images of zeros, and makes what the definitions make") {
  const Graph graph = parse(R"(graph "pooled" {
  input %x : f32[batch 18, 12, 12, 3]
  state %w : f32[3, 3, 3, 16] = normal(0.3)
  state %b : f32[16] = normal(0.1)
  state %v : f32[3, 3, 16, 8] = normal(0.2)
  input %dy : f32[batch 18, 3, 3, 8]
  %5 = conv2d(%x, %w) {stride = 1x1, padding = 1x1, groups = 1} : f32[batch 18, 12, 12, 16]
  %6 = add(%5, %b) : f32[batch 18, 12, 12, 16]
  %7 = relu(%6) : f32[batch 18, 12, 12, 16]
  %8 = max_pool2d(%7) {window = 2x2, stride = 2x2, padding = 0x0} : f32[batch 18, 6, 6, 16]
  %9 = conv2d(%8, %v) {stride = 1x1, padding = 1x1, groups = 1} : f32[batch 18, 6, 6, 8]
  %10 = max_pool2d_place(%9) {window = 2x2, stride = 2x2, padding = 0x0} : u8[batch 18, 3, 3, 8]
  %11 = max_pool2d_scatter(%dy, %10) {window = 2x2, stride = 2x2, padding = 0x0, to = [batch 18, 6, 6, 8]} : f32[batch 18, 6, 6, 8]
  %12 = conv2d_weight_gradient(%8, %11) {stride = 1x1, padding = 1x1, groups = 1, to = [3, 3, 16, 8]} : f32[3, 3, 16, 8]
  %13 = conv2d_input_gradient(%11, %v) {stride = 1x1, padding = 1x1, groups = 1, to = [batch 18, 6, 6, 16]} : f32[batch 18, 6, 6, 16]
  %14 = max_pool2d_place(%7) {window = 2x2, stride = 2x2, padding = 0x0} : u8[batch 18, 6, 6, 16]
  %15 = max_pool2d_scatter(%13, %14) {window = 2x2, stride = 2x2, padding = 0x0, to = [batch 18, 12, 12, 16]} : f32[batch 18, 12, 12, 16]
  %16 = greater(%7, 0.0) : bool[batch 18, 12, 12, 16]
  %17 = where(%16, %15, 0.0) : f32[batch 18, 12, 12, 16]
  %18 = conv2d_weight_gradient(%x, %17) {stride = 1x1, padding = 1x1, groups = 1, to = [3, 3, 3, 16]} : f32[3, 3, 3, 16]
  %19 = sum_to(%17) {to = [16]} : f32[16]
  output dv = %12
  output dw = %18
  output db = %19
}
)");
  std::vector<float> x = numbers(18 * 12 * 12 * 3, "x"), dy = numbers(18 * 3 * 3 * 8, "dy");
  std::vector<std::vector<std::byte>> of_one;
  for (const int threads : {1, 2}) {
    Pool pool(threads);
    States states(3);
    Program program = compiled(graph, states, pool);
    const auto runs = [&](std::string_view kernel) {
      return std::ranges::count(program.steps(), kernel, [](const Step* s) { return s->choice.kernel; });
    };
    CHECK(runs("pooled_gradient") == 4);
    CHECK(std::ranges::none_of(program.steps(),
                               [](const Step* s) { return s->head && as<MaxPool2dScatter>(&*s->head); }));
    program.bind_input("x", x.data()), program.bind_input("dy", dy.data());
    program.run();
    Values<float> leaves;
    for (Value v : graph.topological()) {
      if (v.op() || v.node().leaf == Leaf::constant) continue;
      const std::string& name = v.node().name;
      const auto* from = name == "x"    ? reinterpret_cast<const std::byte*>(x.data())
                         : name == "dy" ? reinterpret_cast<const std::byte*>(dy.data())
                                        : states.held(name).memory.data();
      leaves[v.id].assign(from, from + v.type().bytes());
    }
    const Values<float> defined_as = evaluate<float>(graph, leaves);
    std::vector<std::vector<std::byte>> made;
    for (const auto& [name, value] : graph.outputs()) {
      CAPTURE(name, threads);
      const auto bytes = program.output(name);
      made.emplace_back(bytes.begin(), bytes.end());
      std::vector<float> got(bytes.size() / 4), want(bytes.size() / 4);
      std::memcpy(got.data(), bytes.data(), bytes.size());
      std::memcpy(want.data(), defined_as.at(value.id).data(), bytes.size());
      double apart = 0, size = 0;
      for (std::size_t i = 0; i < got.size(); ++i)
        apart = std::max(apart, std::abs(static_cast<double>(got[i]) - want[i])),
        size = std::max(size, std::abs(static_cast<double>(want[i])));
      CHECK(apart < 1e-5 * size);
    }
    if (of_one.empty()) of_one = made;
    CHECK(of_one == made);
  }
}
