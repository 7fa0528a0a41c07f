// What f32 rounding may make of a graph: wide enough for every order of every sum, narrow enough for a real mistake.
#include "compiler/rounding.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/op_table.hpp"
#include "compiler/parse.hpp"
#include "tests/derivative_law.hpp"
#include "tests/op_example.hpp"

using namespace vitrine;

namespace {

std::vector<float> floats_of(const std::vector<std::byte>& bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}
std::vector<std::byte> bytes_of(const std::vector<float>& numbers) {
  const auto bytes = std::as_bytes(std::span(numbers));
  return {bytes.begin(), bytes.end()};
}

Values<float> narrowed(const Graph& graph, const Values<double>& wide) {
  Values<float> made;
  for (const auto& [id, bytes] : wide) {
    if (graph.find(id).type().dtype != DType::f32) {
      made[id] = bytes;
      continue;
    }
    std::vector<float> numbers(bytes.size() / sizeof(double));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<float>(reinterpret_cast<const double*>(bytes.data())[i]);
    made[id] = bytes_of(numbers);
  }
  return made;
}

Values<float> leaf(const Graph& graph, const std::vector<float>& numbers) {
  return {{graph.find("x").id, bytes_of(numbers)}};
}

}  // namespace

TEST_CASE("every op's f32 definition is within what rounding allows it, and a thousandth more is not") {
  for (const OpInfo* info : every_op()) {
    const Graph graph = example_graph(*info);
    const Value y = graph.outputs()[0].second;
    for (const std::uint32_t seed : {1u, 2u, 3u}) {
      const Values<float> leaves = narrowed(graph, positive(graph, random_leaves(graph, seed)));
      const auto exact = roundings(graph, widened(graph, leaves));
      std::vector<std::byte> made = evaluate<float>(graph, leaves).at(y.id);
      CAPTURE(info->doc.name, seed);
      CHECK(deviation(y.type(), exact.at(y.id), made).what == "");
      if (y.type().dtype != DType::f32) continue;
      std::vector<float> off = floats_of(made);
      float largest = 0;
      for (const float x : off) largest = std::max(largest, std::abs(x));
      for (float& x : off) x += 1e-3f * (largest + 1.f);
      CHECK(deviation(y.type(), exact.at(y.id), bytes_of(off)).what != "");
    }
  }
}

TEST_CASE("a sum may be taken in any order, though it is small beside what is summed") {
  const Graph graph = parse("graph g {\n input %x : f32[1001]\n %1 = sum_to(%x) {to = []} : f32[]\n output y = %1\n}");
  std::vector<float> numbers(1001);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(static_cast<float>(i) * 1.7f) * 100.f;
  const auto exact = roundings(graph, widened(graph, leaf(graph, numbers)));
  float up = 0, down = 0, pairs = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) up += numbers[i], down += numbers[numbers.size() - 1 - i];
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) pairs += numbers[i] + numbers[i + 1];
  pairs += numbers.back();
  for (const float sum : {up, down, pairs}) CHECK(deviation({}, exact.at(1), bytes_of({sum})).what == "");
  CHECK(deviation({}, exact.at(1), bytes_of({up + 5.f})).what != "");  // a twentieth of one number
}

TEST_CASE("an order of moving only is held to the bit, and NaN and infinity to their places") {
  const Graph graph = parse(
      "graph g {\n input %x : f32[2, 2]\n %1 = transpose(%x) : f32[2, 2]\n %2 = exp(%1) : f32[2, 2]\n"
      " output t = %1\n output y = %2\n}");
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto exact = roundings(graph, widened(graph, leaf(graph, {1, 2, nan, 200})));
  const Type type = graph.find(1).type();
  CHECK(deviation(type, exact.at(1), bytes_of({1, nan, 2, 200})).what == "");
  CHECK(deviation(type, exact.at(1), bytes_of({1, nan, std::nextafter(2.f, 3.f), 200})).what != "");
  CHECK(deviation(type, exact.at(1), bytes_of({1, 2, nan, 200})).what != "");
  const float e = 2.718281828f, e2 = 7.389056099f;
  CHECK(deviation(type, exact.at(2), bytes_of({e, nan, e2, inf})).what == "");
  CHECK(deviation(type, exact.at(2), bytes_of({e, nan, e2, 3e38f})).what != "");
  CHECK(deviation(type, exact.at(2), bytes_of({e, 0, e2, inf})).what != "");
}

TEST_CASE("a choice that rounding may turn leaves both open, one that it may not leaves none") {
  const Graph graph = parse(R"(graph g {
    input %x : f32[3]
    %1 = exp(%x) : f32[3]
    %2 = greater(%1, 1.0) : bool[3]
    %3 = where(%2, 5.0, -5.0) : f32[3]
    output y = %3
  })");
  const auto exact = roundings(graph, widened(graph, leaf(graph, {1, -1, 1e-9f})));
  const Type type = graph.find(3).type();
  CHECK(deviation(type, exact.at(3), bytes_of({5, -5, 5})).what == "");
  CHECK(deviation(type, exact.at(3), bytes_of({5, -5, -5})).what == "");
  CHECK(deviation(type, exact.at(3), bytes_of({-5, -5, 5})).what != "");
}

TEST_CASE("a 0 that nothing rounds stays 0: a chain behind its square root is allowed what its own roundings come to") {
  // Adam's step where its second moment is 0. Half of the draws used to make a NaN of it and to count for nothing.
  Graph graph = parse(R"(graph g {
    input %x : f32[20000]
    %1 = mul(0.0, %x) : f32[20000]
    %2 = div(%1, 1.7) : f32[20000]
    %3 = sqrt(%2) : f32[20000]
    %4 = add(%3, 1e-08) : f32[20000]
    %5 = mul(0.9, %x) : f32[20000]
    %6 = div(%5, 0.6) : f32[20000]
    %7 = div(%6, %4) : f32[20000]
    %8 = mul(0.002, %7) : f32[20000]
    %9 = sub(%x, %8) : f32[20000]
    output y = %9
  })");
  const auto exact = roundings(graph, widened(graph, leaf(graph, std::vector<float>(20000, 1.62f))));
  const Rounding& zero = exact.at(3);
  CHECK(std::ranges::all_of(zero.allowed, [](double allowed) { return allowed == 0; }));
  const Rounding& y = exact.at(9);
  double least = 1, most = 0;  // in units in the last place of what is exact
  for (std::size_t i = 0; i < y.exact.size(); ++i) {
    const double share = y.allowed[i] / std::abs(y.exact[i]) * 0x1p24;
    least = std::min(least, share), most = std::max(most, share);
  }
  CHECK(least >= 1);
  CHECK(most < 30);
  CHECK(*std::ranges::min_element(y.allowed) > 2.5 * 0x1p-24 * std::abs(y.exact[0]));
}
