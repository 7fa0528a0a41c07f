#pragma once
// Bugs of the kinds that compilers have had, planted one at a time where parts of ours meet (compiler/planted.hpp).
#include <string>
#include <string_view>
#include <vector>

#include "compiler/planted.hpp"
#include "compiler/rewriter.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

struct PlantedBug {
  std::string_view name;    // what the compiler does wrong
  std::string_view guilty;  // the stage of a certificate that must be named: a pass, "gradients", "plan" or "program"
  std::string graph;        // on which it shows, as text
  void (*plant)(Planted&);
};

/// Derivatives are taken of the graphs of these.
inline bool is_about_gradients(const PlantedBug& bug) { return bug.guilty == "gradients"; }

/// A pass puts `wrong(value, by)` in a value's place, where that is a value.
inline void plant_replacement(Planted& planted, std::string_view pass, Value (*wrong)(Value value, Value by)) {
  planted.replacement = [=](std::string_view now, Value value, Value by) {
    const Value other = now == pass ? wrong(value, by) : Value{};
    return other && other.type() == value.type() ? other : by;
  };
}
/// A pass has one rule more: what `wrong(v)` hands out takes the place of v.
inline void plant_rule(Planted& planted, std::string_view pass, Value (*wrong)(Value v)) {
  planted.rule = [=](std::string_view now, Graph& graph, Rewriter& rewriter) {
    if (now != pass) return;
    for (Value v : graph.topological()) {
      if (!v.op() || !is_used(v)) continue;
      const Value by = wrong(v);
      if (by && by != v && by.type() == v.type()) rewriter.replace(v, by, "planted");
    }
  };
}

std::vector<PlantedBug> bugs_of_rewrites();
std::vector<PlantedBug> bugs_of_rules();
std::vector<PlantedBug> bugs_of_recognition();
std::vector<PlantedBug> bugs_of_derivatives();
std::vector<PlantedBug> bugs_of_programs();
std::vector<PlantedBug> bugs_of_few_bits();
std::vector<PlantedBug> every_planted_bug();

/// What is planted is taken out when this goes.
struct Plantation {
  explicit Plantation(const PlantedBug& bug) { bug.plant(planted()); }
  Plantation(const Plantation&) = delete;
  Plantation& operator=(const Plantation&) = delete;
  ~Plantation() { planted() = {}; }
};

}  // namespace vitrine
