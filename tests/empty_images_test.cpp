// Convolution and pooling where there is nothing to see: no images, no channels, no products. Each was once a crash.
#include <catch2/catch.hpp>
#include <cstring>

#include "compiler/parse.hpp"
#include "tests/program_bits.hpp"

using namespace vitrine;

namespace {

/// Numbers 1, 2, 3, ... in every input.
Values<float> counted(const Graph& graph) {
  Values<float> made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    std::vector<float> numbers(v.type().shape.elements());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i + 1);
    made[v.id].resize(v.type().bytes());
    if (!numbers.empty()) std::memcpy(made[v.id].data(), numbers.data(), made[v.id].size());
  }
  return made;
}

void check(const std::string& text) {
  CAPTURE(text);
  const Graph graph = parse(text);
  check_compiled_is_reference(graph, counted(graph));
}

}  // namespace

TEST_CASE("a convolution of images without channels is 0") {
  check(R"(graph a {
    input %x : f32[2, 3, 3, 0]
    input %w : f32[2, 2, 0, 3]
    %2 = conv2d(%x, %w) {stride = 1x1, padding = 0x0, groups = 1} : f32[2, 2, 2, 3]
    output y = %2
  })");
}

TEST_CASE("what follows a convolution or pool of no channels runs over nothing") {
  check(R"(graph a {
    input %x : f32[17, 5, 5, 0]
    %1 = relu(%x) : f32[17, 5, 5, 0]
    %2 = max_pool2d(%1) {window = 4x2, stride = 3x2, padding = 1x1} : f32[17, 2, 3, 0]
    output y = %2
  })");
  check(R"(graph a {
    input %x : f32[2, 4, 4, 2]
    input %w : f32[2, 2, 2, 0]
    %2 = conv2d(%x, %w) {stride = 1x1, padding = 0x0, groups = 1} : f32[2, 3, 3, 0]
    %3 = relu(%2) : f32[2, 3, 3, 0]
    output y = %3
  })");
}

TEST_CASE("a pool of images without pixels is refused") {
  REQUIRE_THROWS_WITH(parse(R"(graph a {
    input %x : f32[2, 0, 3, 3]
    %2 = max_pool2d(%x) {window = 4x4, stride = 1x1, padding = 2x2} : f32[2, 1, 4, 3]
    output y = %2
  })"),
                      Catch::Contains("does not fit into the images of [2, 0, 3, 3]"));
}

TEST_CASE("a window of more than 256 places has a mean and a maximum") {
  check(R"(graph a {
    input %x : f32[2, 20, 20, 3]
    %1 = max_pool2d(%x) {window = 17x17, stride = 1x1, padding = 0x0} : f32[2, 4, 4, 3]
    output y = %1
  })");
  const Graph graph = parse(R"(graph a {
    input %x : f32[2, 28, 28, 3]
    %1 = avg_pool2d(%x) {window = 28x28, stride = 1x1, padding = 0x0} : f32[2, 1, 1, 3]
    output y = %1
  })");
  const Values<float> leaves = counted(graph);
  const auto made = run_compiled(graph, leaves).at("y");
  float first = 0;
  std::memcpy(&first, made.data(), sizeof first);
  CHECK(first == Approx(1 + 3 * (28 * 28 - 1) / 2.));  // the mean of 1, 4, 7, ...
}

TEST_CASE("a window too wide to count its places is refused") {
  REQUIRE_THROWS_WITH(parse(R"(graph a {
    input %x : f32[1, 4, 4, 1]
    %2 = max_pool2d_place(%x) {window = 4294967296x4294967296, stride = 1x1, padding = 2147483648x2147483648} : u8[1, 5, 5, 1]
    output y = %2
  })"),
                      Catch::Contains("65536x65536"));
}

TEST_CASE("equal companions are both written") {
  check(R"(graph a {
    input %x : f32[1, 4, 4, 3]
    %1 = max_pool2d(%x) {window = 2x2, stride = 2x2, padding = 0x0} : f32[1, 2, 2, 3]
    %2 = max_pool2d_place(%x) {window = 2x2, stride = 2x2, padding = 0x0} : u8[1, 2, 2, 3]
    %3 = max_pool2d_place(%x) {window = 2x2, stride = 2x2, padding = 0x0} : u8[1, 2, 2, 3]
    output y = %1
    output p = %2
    output q = %3
  })");
}
