// Convolution and pooling kernels against the ops' own definitions.
#include "runtime/convolution.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "runtime/pooling.hpp"
#include "runtime/random.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/max_pool2d.hpp"

using namespace vitrine;

namespace {

std::vector<float> numbers(std::size_t count, std::string_view name) {
  const RandomStream random(3, stream_of(name));
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = random.normal(i);
  return made;
}

struct Case {
  Shape x, w;
  Extent stride, padding;
  std::int64_t groups;

  Shape y() const { return Conv2d{stride, padding, groups}.type({DType::f32, x}, {DType::f32, w}).type.shape; }
  ConvolutionSize size() const {
    const Extent kernel{static_cast<std::int64_t>(w[0].size), static_cast<std::int64_t>(w[1].size)};
    return {windows_of(x, kernel, y(), stride, padding), w[3].size, static_cast<std::size_t>(groups)};
  }
};

/// Sizes around the register blocks and panels, windows that leave pixels over, batches that are cut and whole.
const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {shape_of<2, 5, 4, 4>, shape_of<3, 2, 2, 6>, {2, 1}, {1, 0}, 2},
      {shape_of<1, 1, 1, 1>, shape_of<1, 1, 1, 1>, {1, 1}, {0, 0}, 1},
      {shape_of<3, 14, 14, 32>, shape_of<3, 3, 32, 33>, {1, 1}, {1, 1}, 1},
      {shape_of<17, 9, 13, 3>, shape_of<3, 3, 3, 16>, {1, 1}, {1, 1}, 1},
      {shape_of<20, 7, 26, 5>, shape_of<5, 3, 5, 40>, {2, 3}, {2, 1}, 1},
      {shape_of<4, 8, 8, 48>, shape_of<3, 3, 1, 48>, {1, 1}, {1, 1}, 48},
      {shape_of<2, 11, 10, 130>, shape_of<3, 3, 130, 17>, {3, 2}, {0, 2}, 1},
      {shape_of<1, 6, 6, 2>, shape_of<6, 6, 2, 3>, {1, 1}, {0, 0}, 1},
      {shape_of<0, 6, 6, 2>, shape_of<3, 3, 2, 3>, {1, 1}, {1, 1}, 1},
      {shape_of<18, 28, 28, 1>, shape_of<3, 3, 1, 32>, {1, 1}, {1, 1}, 1},
  };
  return all;
}

/// Every element within what rounding allows for sums of this length, or where it is not.
std::string far_off(std::span<const float> got, std::span<const double> want, std::span<const double> magnitude,
                    std::size_t terms) {
  const double allowed = 2 * std::sqrt(static_cast<double>(terms)) * 0x1p-24;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::abs(static_cast<double>(got[i]) - want[i]) <= allowed * magnitude[i] + 1e-30))
      return "element " + std::to_string(i) + " is " + std::to_string(got[i]) + " and not " + std::to_string(want[i]);
  return "";
}

/// Runs an op on doubles, once on the numbers and once on their sizes.
template <class O>
std::array<std::vector<double>, 2> in_double(const O& op, const Shape& a, std::span<const float> a_numbers,
                                             const Shape& b, std::span<const float> b_numbers, const Shape& out) {
  std::array<std::vector<double>, 2> made;
  for (bool sizes : {false, true}) {
    std::vector<double> x(a_numbers.begin(), a_numbers.end()), y(b_numbers.begin(), b_numbers.end());
    for (auto* v : {&x, &y})
      for (double& n : *v) n = sizes ? std::abs(n) : n;
    auto& result = made[sizes];
    result.resize(out.elements() + 1);
    const std::array in{Buffer<double>{{DType::f32, a}, x.data()}, Buffer<double>{{DType::f32, b}, y.data()}};
    op.template run<double>(in, {{DType::f32, out}, result.data()});
    result.pop_back();
  }
  return made;
}

/// Calls run(isa, pool, result) for every instruction set and several numbers of threads: close to the definition, and
/// the same bits for any number of threads.
void check(const std::array<std::vector<double>, 2>& want, std::size_t terms, const auto& run) {
  for (Isa isa : all_isas()) {
    std::vector<float> first;
    for (int threads : {1, 2, 4}) {
      Pool pool(threads);
      std::vector<float> got(want[0].size(), -7.f);
      run(isa, pool, got.data());
      CAPTURE(name_of(isa), threads);
      REQUIRE(far_off(got, want[0], want[1], terms) == "");
      if (first.empty()) first = got;
      REQUIRE((got.empty() || std::memcmp(first.data(), got.data(), got.size() * sizeof(float)) == 0));
    }
  }
}

}  // namespace

TEST_CASE("a convolution's kernel computes its definition, on every instruction set, the same for any threads") {
  for (const Case& c : cases()) {
    const auto x = numbers(c.x.elements(), "x"), w = numbers(c.w.elements(), "w");
    CAPTURE((Sentence{} << c.x << " " << c.w).str(), c.groups);
    const auto want = in_double(Conv2d{c.stride, c.padding, c.groups}, c.x, x, c.w, w, c.y());
    check(want, c.w.elements() / c.w[3].size, [&](Isa isa, Pool& pool, float* y) {
      std::vector<std::byte> workspace(convolution_workspace(isa, c.size()));
      convolution(pool, isa, c.size(), x.data(), w.data(), y, workspace);
    });
  }
}

TEST_CASE("a convolution's derivative by its images computes its definition") {
  for (const Case& c : cases()) {
    const auto g = numbers(c.y().elements(), "g"), w = numbers(c.w.elements(), "w");
    CAPTURE((Sentence{} << c.x << " " << c.w).str(), c.groups);
    const auto want = in_double(Conv2dInputGradient{c.stride, c.padding, c.groups, c.x}, c.y(), g, c.w, w, c.x);
    check(want, c.w[0].size * c.w[1].size * c.w[3].size, [&](Isa isa, Pool& pool, float* dx) {
      std::vector<std::byte> workspace(convolution_input_gradient_workspace(isa, c.size()));
      convolution_input_gradient(pool, isa, c.size(), g.data(), w.data(), dx, workspace);
    });
  }
}

TEST_CASE("a convolution's derivative by its weight computes its definition") {
  for (const Case& c : cases()) {
    const auto x = numbers(c.x.elements(), "x"), g = numbers(c.y().elements(), "g");
    CAPTURE((Sentence{} << c.x << " " << c.w).str(), c.groups);
    const auto want = in_double(Conv2dWeightGradient{c.stride, c.padding, c.groups, c.w}, c.x, x, c.y(), g, c.w);
    check(want, std::max<std::size_t>(1, c.y().elements() / c.y()[3].size), [&](Isa isa, Pool& pool, float* dw) {
      std::vector<std::byte> workspace(convolution_weight_gradient_workspace(isa, c.size()));
      convolution_weight_gradient(pool, isa, c.size(), x.data(), g.data(), dw, workspace);
    });
  }
}

TEST_CASE("a convolution's epilogue sees every pixel once, complete") {
  for (const Case& c : cases()) {
    const auto x = numbers(c.x.elements(), "x"), w = numbers(c.w.elements(), "w");
    std::vector<std::byte> workspace(convolution_workspace(best_isa(), c.size()));
    Pool pool(2);
    const std::size_t channels = c.w[3].size;
    std::vector<float> plain(c.y().elements()), doubled(plain.size());
    convolution(pool, best_isa(), c.size(), x.data(), w.data(), plain.data(), workspace);
    const auto twice = [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
      for (std::size_t i = row; i < row + rows; ++i)
        for (std::size_t j = column; j < column + columns; ++j) doubled[i * channels + j] *= 2;
    };
    convolution(pool, best_isa(), c.size(), x.data(), w.data(), doubled.data(), workspace, twice);
    for (float& n : plain) n *= 2;
    REQUIRE(plain == doubled);
  }
}

TEST_CASE("a convolution given too little workspace says how much it needs") {
  const Case& c = cases()[3];
  Pool pool(1);
  std::vector<float> x(c.x.elements()), w(c.w.elements()), y(c.y().elements());
  std::vector<std::byte> workspace(convolution_workspace(Isa::portable, c.size()) - 1);
  REQUIRE_THROWS_WITH(convolution(pool, Isa::portable, c.size(), x.data(), w.data(), y.data(), workspace),
                      Catch::Contains("convolution needs a workspace of"));
}

namespace {

struct PoolingCase {
  Shape x;
  Extent window, stride, padding;
};
const std::vector<PoolingCase>& pooling_cases() {
  static const std::vector<PoolingCase> all{
      {shape_of<2, 4, 3, 2>, {3, 2}, {2, 1}, {1, 1}},    {shape_of<3, 8, 6, 33>, {2, 2}, {2, 2}, {0, 0}},
      {shape_of<2, 9, 7, 16>, {2, 2}, {2, 2}, {0, 0}},   {shape_of<1, 7, 7, 5>, {3, 3}, {1, 1}, {1, 1}},
      {shape_of<2, 13, 11, 8>, {2, 3}, {4, 5}, {0, 0}},  {shape_of<0, 4, 4, 3>, {2, 2}, {2, 2}, {0, 0}},
      {shape_of<1, 16, 16, 1>, {16, 16}, {1, 1}, {0, 0}}};
  return all;
}

/// Numbers with many ties, zeros of both signs, infinities and NaN.
std::vector<float> awkward(std::size_t count) {
  constexpr std::array<float, 8> few{1, -1, 0.f, -0.f, 2, INFINITY, NAN, -INFINITY};
  const RandomStream random(5, 1);
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(random.uniform(i) * 12);
    made[i] = at < few.size() ? few[at] : random.normal(i);
  }
  return made;
}

template <class T> void require_same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  REQUIRE(a.size() == b.size());
  REQUIRE((a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0));
}

}  // namespace

TEST_CASE("pooling kernels compute the bits of their definitions, ties, zeros and NaN among them") {
  for (const PoolingCase& c : pooling_cases()) {
    const MaxPool2d op{c.window, c.stride, c.padding};
    const Shape y = op.type({DType::f32, c.x}).type.shape;
    const Windows windows = windows_of(c.x, c.window, y, c.stride, c.padding);
    auto x = awkward(c.x.elements());
    auto g = numbers(y.elements(), "g");
    const auto buffer = [](auto& v, DType d, const Shape& s) { return Buffer<float>{{d, s}, v.data()}; };
    std::vector<float> top(y.elements()), mean(y.elements()), back(c.x.elements()), shared(c.x.elements());
    std::vector<std::uint8_t> place(y.elements());
    const std::array in{buffer(x, DType::f32, c.x)};
    op.run<float>(in, buffer(top, DType::f32, y));
    MaxPool2dPlace{c.window, c.stride, c.padding}.run<float>(in, buffer(place, DType::u8, y));
    AvgPool2d{c.window, c.stride, c.padding}.run<float>(in, buffer(mean, DType::f32, y));
    const std::array gradient{buffer(g, DType::f32, y), buffer(place, DType::u8, y)};
    MaxPool2dScatter{c.window, c.stride, c.padding, c.x}.run<float>(gradient, buffer(back, DType::f32, c.x));
    AvgPool2dGradient{c.window, c.stride, c.padding, c.x}.run<float>(gradient, buffer(shared, DType::f32, c.x));
    for (Isa isa : all_isas())
      for (int threads : {1, 3}) {
        CAPTURE((Sentence{} << c.x).str(), name_of(isa), threads);
        Pool pool(threads);
        std::vector<float> got(y.elements(), -7.f), image(c.x.elements(), -7.f);
        std::vector<std::uint8_t> places(y.elements(), 200);
        max_pool(pool, isa, windows, x.data(), got.data(), places.data());
        require_same_bits(got, top);
        require_same_bits(places, place);
        max_pool(pool, isa, windows, x.data(), nullptr, places.data());
        require_same_bits(places, place);
        max_pool_scatter(pool, isa, windows, g.data(), place.data(), image.data());
        require_same_bits(image, back);
        avg_pool(pool, isa, windows, x.data(), got.data());
        for (std::size_t i = 0; i < got.size(); ++i)
          REQUIRE((std::isnan(mean[i]) ? std::isnan(got[i]) : got[i] == Approx(mean[i]).epsilon(1e-6)));
        avg_pool_gradient(pool, isa, windows, g.data(), image.data());
        for (std::size_t i = 0; i < image.size(); ++i)
          REQUIRE(image[i] == Approx(shared[i]).epsilon(1e-5).margin(1e-6));
      }
  }
}

TEST_CASE("the course's convolution and pools") {
  // TinyTorch's test cases: 1..9 under a kernel of four ones; a 4 x 4 image under windows of 2 x 2.
  std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8, 9}, ones(4, 1.f), y(4);
  const std::array in{Buffer<float>{{DType::f32, shape_of<1, 3, 3, 1>}, x.data()},
                      Buffer<float>{{DType::f32, shape_of<2, 2, 1, 1>}, ones.data()}};
  const Buffer<float> out{{DType::f32, shape_of<1, 2, 2, 1>}, y.data()};
  Conv2d{{1, 1}, {0, 0}, 1}.run<float>(in, out);
  CHECK(y == std::vector<float>{12, 16, 24, 28});
  std::vector<float> image{1, 3, 2, 8, 5, 6, 7, 4, 2, 9, 1, 7, 0, 1, 3, 6};
  const std::array pooled{Buffer<float>{{DType::f32, shape_of<1, 4, 4, 1>}, image.data()}};
  MaxPool2d{{2, 2}, {2, 2}, {0, 0}}.run<float>(pooled, out);
  CHECK(y == std::vector<float>{6, 8, 9, 7});
  AvgPool2d{{2, 2}, {2, 2}, {0, 0}}.run<float>(pooled, out);
  CHECK(y == std::vector<float>{3.75, 5.25, 3, 4.25});
}
