#pragma once
// From a model struct to its graph. The model's operator() says the inputs' types; a loss says what training compares.
#include <boost/hana/unpack.hpp>

#include "vitrine/losses.hpp"
#include "vitrine/model.hpp"

namespace vitrine {

/// The parameter types of a model's operator().
template <class M> struct Signature : Signature<decltype(&M::operator())> {};
template <class M, class R, class... In> struct Signature<R (M::*)(In...) const> {
  using Inputs = hana::tuple<std::remove_cvref_t<In>...>;
  static constexpr std::size_t inputs = sizeof...(In);
};

/// A model's forward graph: one input per parameter of operator(), named as given, a state per parameter, and its
/// result as output "y". The model is copied; what counts of it are its settings.
template <Model M, class... Names> Graph trace(const M& settings, std::string name, const Names&... input_names) {
  static_assert(sizeof...(Names) == Signature<M>::inputs, "trace: give one name for each input of the model");
  Graph graph(std::move(name));
  const std::array<std::string, sizeof...(Names)> names{input_names...};
  typename Signature<M>::Inputs inputs;
  std::size_t at = 0;
  hana::unpack(inputs, [&]<class... T>(T&... tensor) { ((tensor = input<T>(graph, names[at++])), ...); });
  const M model = bind<M>(graph, settings);
  const auto y = hana::unpack(inputs, [&](const auto&... x) { return named(model(x...)); });
  graph.locate("", 0);
  graph.output("y", y.value);
  return graph;
}

/// The same of a model with the settings that it has by itself.
template <class M, class... Names> Graph trace(std::string name, const Names&... input_names) {
  return trace(M{}, std::move(name), input_names...);
}

/// The forward graph of a language model, from input "token" i32[batch, time] to a score for each token that may come
/// behind each place, with the mean cross entropy of those that do, input "next", as output "loss".
template <Model M> Graph trace_language_model(const M& settings, std::string name) {
  Graph graph = trace(settings, std::move(name), "token");
  const Value next = graph.input("next", graph.find("token").type());
  graph.output("loss", cross_entropy(graph.outputs()[0].second, next));
  return graph;
}

/// The forward graph, with a loss against the labels (one class number per row) as output "loss".
template <class M> Graph trace_classifier(std::string name, const std::string& input_name) {
  Graph graph = trace<M>(std::move(name), input_name);
  const Value y = graph.outputs()[0].second;
  Type labels{DType::i32, {}};
  for (int i = 0; i + 1 < y.type().shape.rank(); ++i) labels.shape << y.type().shape[i];
  const Value target = graph.input("label", labels);
  graph.output("loss", cross_entropy(y, target));
  return graph;
}

/// The forward graph, with the mean squared error against a target of y's type as output "loss".
template <class M> Graph trace_regression(std::string name, const std::string& input_name) {
  Graph graph = trace<M>(std::move(name), input_name);
  const Value y = graph.outputs()[0].second;
  graph.output("loss", mean_squared_error(y, graph.input("target", y.type())));
  return graph;
}

}  // namespace vitrine
