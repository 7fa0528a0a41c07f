#pragma once
// A function of tensors computed in every way there is, which must agree to the bit: the reference in float, and
// programs before the passes and after them, with 1 and 2 threads, on every instruction set.
#include <catch2/catch.hpp>

#include "compiler/compile.hpp"
#include "compiler/gradients.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/named_values.hpp"
#include "tests/program_bits.hpp"

namespace vitrine::every_way {

using Numbers = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity(), not_a_number = std::numeric_limits<double>::quiet_NaN(),
                 least = 0x1p-149;  // the smallest subnormal

/// Equal, with the sign of zero; every NaN is one NaN.
inline bool same(double a, double b) {
  return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
}
inline bool same(const Numbers& a, const Numbers& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return same(x, y); });
}

/// CHECK(same(...)) that shows both.
#define CHECK_SAME(made, ...)          \
  do {                                 \
    const Numbers got_ = made;         \
    const Numbers wanted_ __VA_ARGS__; \
    CAPTURE(got_, wanted_);            \
    CHECK(same(got_, wanted_));        \
  } while (false)

/// An input: its type, and its elements (whole numbers and masks are rounded).
struct Given {
  Type type{};
  Numbers elements{};
};
inline Given vector_of(Numbers elements) { return {{DType::f32, Shape{} << elements.size()}, std::move(elements)}; }
inline Given matrix_of(std::size_t rows, Numbers elements) {
  const std::size_t columns = rows ? elements.size() / rows : 0;
  return {{DType::f32, Shape{} << rows << columns}, std::move(elements)};
}
inline Given whole(Numbers elements) { return {{DType::i32, Shape{} << elements.size()}, std::move(elements)}; }

inline std::vector<std::byte> bytes_of(const Given& given) {
  std::vector<std::byte> made;
  const auto put = [&](auto x) {
    const auto* from = reinterpret_cast<const std::byte*>(&x);
    made.insert(made.end(), from, from + sizeof x);
  };
  for (const double x : given.elements) {
    if (given.type.dtype == DType::f32) put(static_cast<float>(x));
    if (given.type.dtype == DType::i32) put(static_cast<std::int32_t>(x));
    if (size_of(given.type.dtype) == 1) put(static_cast<std::uint8_t>(x));
  }
  return made;
}

/// How far the ways agree: all of them; all programs, while the reference rounds in another order; programs for one
/// instruction set.
enum class Agree { with_reference, everywhere, on_each_isa };

/// The one result of function(inputs), computed in every way.
template <class F> Numbers computed(const std::vector<Given>& given, F function, Agree agree = Agree::with_reference) {
  Graph graph("everywhere");
  std::vector<Value> in;
  Values<float> bytes;
  for (std::size_t i = 0; i < given.size(); ++i) {
    in.push_back(graph.input("x" + std::to_string(i), given[i].type));
    bytes[in.back().id] = bytes_of(given[i]);
  }
  graph.output("y", function(in));
  const Value y = output_of(graph, "y");
  const Numbers defined = numbers<float>(evaluate<float>(graph, bytes), y);
  std::optional<Numbers> first;
  std::map<Isa, Numbers> first_on;
  for (const bool passes : {false, true}) {
    if (passes) optimize(graph);
    for (const Isa isa : all_isas())
      for (const int threads : {1, 2}) {
        Pool pool(threads);
        States states(1);
        Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
        for (Value v : in)
          if (graph.find(v.id)) program.bind_input(v.node().name, bytes.at(v.id).data());
        program.run();
        const auto output = program.output("y");
        const Value made = output_of(graph, "y");
        const Numbers got = numbers<float>(Values<float>{{made.id, {output.begin(), output.end()}}}, made);
        CAPTURE(passes, name_of(isa), threads, defined, got);
        if (!first) first = got;
        bool agrees = same(got, first_on.try_emplace(isa, got).first->second);
        if (agree != Agree::on_each_isa) agrees = agrees && same(got, *first);
        if (agree == Agree::with_reference) agrees = agrees && same(got, defined);
        CHECK(agrees);
      }
  }
  return *first;
}
template <class F> Numbers of(Numbers x, F function) {
  return computed({vector_of(std::move(x))}, [&](const std::vector<Value>& in) { return function(in[0]); });
}
template <class F> Numbers of(Numbers x, Numbers y, F function) {
  return computed({vector_of(std::move(x)), vector_of(std::move(y))},
                  [&](const std::vector<Value>& in) { return function(in[0], in[1]); });
}

/// The gradient of the sum of what a function makes, for its first operand.
template <class F> auto slope(F function) {
  return [=](const auto&... in) {
    const std::vector<Value> all{in...};
    return gradients(sum(function(in...)), std::array{all[0]})[0];
  };
}

}  // namespace vitrine::every_way
