#pragma once
// Lint: what a traced model most likely does not mean, though its types fit. Adding one: write lints/<name>.cpp and
// name it here, twice. Nothing else.
#include "vitrine/graph.hpp"

namespace vitrine {

/// One suspicion: where, what is there and why it is none of what was meant, and what to do.
struct Finding {
  std::string_view lint{};
  std::uint32_t node = 0;
  std::string name{};  // of the node: "softmax (%7)", "'up.weight'"
  Location at{};
  std::string why{}, advice{};
};
/// "lint softmax_axis: softmax (%7) at model.cpp:12 in head: it makes shares ...; take ...", on one line.
std::string sentence_of(const Finding&);

/// A traced forward graph, and what its owner says of it.
struct Linted {
  const Graph& graph;
  /// The axis along which its outputs are to see nothing that is to come; empty: nothing is said.
  std::string causal_along{};
};
using Findings = std::vector<Finding>;

struct Lint {
  std::string_view name;
  std::string_view says;  // what is wrong, in a few words
  void (*look)(const Linted&, Findings&);
};

void unreachable_parameter(const Linted&, Findings&);
void not_causal(const Linted&, Findings&);
void softmax_axis(const Linted&, Findings&);
void loss_reduced_twice(const Linted&, Findings&);
void tied_once(const Linted&, Findings&);
void labels_out_of_range(const Linted&, Findings&);
void dead_activation(const Linted&, Findings&);
void dropout_in_use(const Linted&, Findings&);

inline constexpr std::array every_lint{
    Lint{"unreachable_parameter", "no gradient of the loss reaches a parameter, so that it can never learn",
         unreachable_parameter},
    Lint{"not_causal", "a model that is declared causal sees what is to come", not_causal},
    Lint{"softmax_axis", "softmax makes shares along one axis, and they are used along another", softmax_axis},
    Lint{"loss_reduced_twice", "a loss that is a mean already is reduced once more", loss_reduced_twice},
    Lint{"tied_once", "a parameter that is declared tied is used in one place only", tied_once},
    Lint{"labels_out_of_range", "labels or indices cannot all lie within the axis that they count",
         labels_out_of_range},
    Lint{"dead_activation", "an activation's operand is such that its result is one number, whatever goes in",
         dead_activation},
    Lint{"dropout_in_use", "the model in use still draws random numbers", dropout_in_use},
};

/// What every lint finds, in the order of the list.
Findings lint(const Linted&);

/// A finding of this node, its name and place filled in.
Finding finding_at(std::string_view lint, Value, std::string why, std::string advice);
/// "softmax (%7)", "'up.weight'".
std::string node_name(Value);
/// The output with this name; empty if there is none.
Value output_named(const Graph&, std::string_view name);
/// Whether a graph is forward only, and no training step.
bool is_forward(const Graph&);
/// The graph with what it writes out in plain operations recognized. That of a training step was before it was
/// differentiated.
Graph recognized(const Graph&);
/// The values that these are made of, with themselves.
std::vector<bool> all_behind(const Graph&, std::span<const Value>);

}  // namespace vitrine
