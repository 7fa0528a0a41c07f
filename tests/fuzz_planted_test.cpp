// Bugs of every kind, planted where the parts of the compiler meet: random graphs find each. Kept, so that a change of
// the generator or of the checks that makes them blind is seen.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/planted.hpp"
#include "compiler/rewriter.hpp"
#include "tests/fuzz_checks.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/pad.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/ops/transpose.hpp"

using namespace vitrine;

namespace {

/// The bug lives as long as this does.
struct Plant {
  explicit Plant(Planted bug) { planted() = std::move(bug); }
  ~Plant() { planted() = {}; }
  Plant(const Plant&) = delete;
  Plant& operator=(const Plant&) = delete;
};

/// The first report of 500 graphs, up to the graph's text; "" if the bug is not found.
std::string found_with(Planted bug) {
  const Plant plant(std::move(bug));
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 500; ++seed)
    if (const std::string report = check_random_graph(seed, tally); !report.empty())
      return report.substr(0, report.find('\n'));
  return "";
}

/// A rule that a pass has beside its own: where `matches`, a value gives way to `by` of it.
Planted rule(const char* of, bool (*matches)(Value), Value (*by)(Value)) {
  return {.rule = [=](std::string_view pass, Graph& graph, Rewriter& rewriter) {
    if (pass != of) return;
    for (Value v : graph.topological())
      if (v.op() && is_used(v) && matches(v))
        if (const Value other = by(v); other.type() == v.type()) rewriter.replace(v, other, "planted");
  }};
}

Planted derivative(bool (*of)(Value), std::size_t operand, Value (*wrong)(Value)) {
  return {.derivative = [=](Value result, Gradients& made) {
    if (of(result) && made[operand]) made[operand] = wrong(made[operand]);
  }};
}

/// Every step of a plan, changed.
Planted steps(void (*change)(Step&)) {
  return {.plan = [=](Plan& plan) {
    for (Step& step : plan.steps) change(step);
  }};
}

/// Two tensors that live at one time, in one place.
void put_into_one_place(Plan& plan) {
  for (const Lifetime& a : plan.lifetimes)
    for (const Lifetime& b : plan.lifetimes) {
      if (a.first >= b.first || b.first >= a.last || a.bytes == 0 || b.bytes == 0) continue;
      const auto move = [&](Slot& slot) {
        if (slot.space == Space::arena && slot.offset >= b.offset && slot.offset < b.offset + b.bytes)
          slot.offset = slot.offset - b.offset + a.offset;
      };
      for (std::size_t i = b.first; i <= b.last; ++i) {
        std::ranges::for_each(plan.steps[i].operands, move);
        std::ranges::for_each(plan.steps[i].results, move);
      }
      if (b.last + 1 == plan.steps.size())
        for (NamedSlot& output : plan.outputs) move(output.slot);
      return;
    }
}

template <class O> bool is(Value v) { return as<O>(v) != nullptr; }
Value first(Value v) { return v.operands()[0]; }
Value second(Value v) { return v.operands()[1]; }
Value negated(Value v) { return -1.f * v; }

}  // namespace

TEST_CASE("random graphs find a rewrite that is wrong") {
  CHECK(found_with(rule("fold_transposes", is<Transpose>, first)) != "");
  CHECK(found_with(rule("fold_transposes", is<Permute>, first)) != "");
  CHECK(found_with(rule("simplify_algebra", is<Relu>, first)) != "");
  CHECK(found_with(rule("simplify_algebra", is<Maximum>, second)) != "");
}

TEST_CASE("random graphs find a rewrite that is wrong only for NaN, infinity or a zero of the other sign") {
  const auto less_itself = [](Value v) { return is<Sub>(v) && first(v) == second(v); };
  CHECK(found_with(rule("simplify_algebra", less_itself,
                        [](Value v) { return broadcast_to(number(*v.graph, 0), v.type().shape); })) != "");
  CHECK(found_with(rule("simplify_algebra", is<Neg>, [](Value v) { return 0.f - first(v); })) != "");
}

TEST_CASE("random graphs find a derivative that is wrong") {
  CHECK(found_with(derivative(is<Tanh>, 0, [](Value g) { return 1.01f * g; })) != "");
  CHECK(found_with(derivative(is<Sub>, 1, negated)) != "");
  CHECK(found_with(derivative(is<Concat>, 1, negated)) != "");
}

TEST_CASE("random graphs find a kernel that computes something else") {
  CHECK(found_with(steps([](Step& step) {
          if (step.kernel)
            for (Instruction& i : step.kernel->instructions)
              if (i.op == Scalar::constant) i.number = std::nextafter(i.number, 9e9f);
        })) != "");
  CHECK(found_with(steps([](Step& step) {
          if (step.head && as<Pad>(&*step.head)) {
            Pad other = *as<Pad>(&*step.head);
            other.value = 0.f;
            step.head = other;
          }
        })) != "");
}

TEST_CASE("random graphs find two tensors in one place") { CHECK(found_with({.plan = put_into_one_place}) != ""); }
