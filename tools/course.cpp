#include "tools/course.hpp"

#include <algorithm>

namespace vitrine {

namespace {

struct Claim {
  std::string_view op;
  Module module;
};
/// The ops whose kind does not say their module.
constexpr std::array claims{Claim{"softmax", Module::activations},
                            Claim{"dropout", Module::layers},
                            Claim{"when_training", Module::layers},
                            Claim{"log_softmax", Module::losses},
                            Claim{"one_hot", Module::losses},
                            Claim{"accumulate", Module::autograd},
                            Claim{"inverse_size", Module::autograd},
                            Claim{"conv2d", Module::spatial},
                            Claim{"conv2d_input_gradient", Module::spatial},
                            Claim{"conv2d_weight_gradient", Module::spatial},
                            Claim{"max_pool2d", Module::spatial},
                            Claim{"max_pool2d_place", Module::spatial},
                            Claim{"max_pool2d_scatter", Module::spatial},
                            Claim{"max_pool2d_gather", Module::spatial},
                            Claim{"pooled_conv2d_input_gradient", Module::spatial},
                            Claim{"pooled_conv2d_weight_gradient", Module::spatial},
                            Claim{"pooled_sum", Module::spatial},
                            Claim{"avg_pool2d", Module::spatial},
                            Claim{"avg_pool2d_gradient", Module::spatial},
                            Claim{"gather", Module::embeddings},
                            Claim{"scatter_add", Module::embeddings},
                            Claim{"rotary", Module::embeddings},
                            Claim{"attention", Module::attention},
                            Claim{"attention_logsumexp", Module::attention},
                            Claim{"attention_query_gradient", Module::attention},
                            Claim{"attention_key_gradient", Module::attention},
                            Claim{"attention_value_gradient", Module::attention},
                            Claim{"layer_norm", Module::transformers},
                            Claim{"layer_norm_rstd", Module::transformers},
                            Claim{"rms_norm", Module::transformers},
                            Claim{"rms_norm_rstd", Module::transformers}};

}  // namespace

const std::array<CourseModule, module_count>& course() {
  static constexpr std::array<CourseModule, module_count> made{{
      {Module::tensor, "tensor", ""},
      {Module::activations, "activations", ""},
      {Module::layers, "layers", "a layer is C++ (include/vitrine/layers); of it a trace shows the nodes it made"},
      {Module::losses, "losses", ""},
      {Module::autograd, "autograd", ""},
      {Module::optimizers, "optimizers", ""},
      {Module::training, "training",
       "the loop, saving and resuming; schedules, clipping and accumulation count as optimizers"},
      {Module::dataloader, "dataloader",
       "batches, shuffling, flips and crops are made before the graph runs (tools/data)"},
      {Module::spatial, "spatial", ""},
      {Module::tokenization, "tokenization", "text becomes numbers before a graph sees it"},
      {Module::embeddings, "embeddings", ""},
      {Module::attention, "attention", ""},
      {Module::transformers, "transformers", "its blocks are a composition of other modules' ops around its norms"},
  }};
  return made;
}

Module module_of(const OpInfo& info) {
  const auto claim = std::ranges::find(claims, info.doc.name, &Claim::op);
  if (claim != claims.end()) return claim->module;
  if (info.doc.kind == Kind::activation) return Module::activations;
  if (info.doc.kind == Kind::loss) return Module::losses;
  return Module::tensor;
}

Workers::Workers(const Graph& forward) {
  std::set<std::uint32_t> for_others;
  for (const auto& [name, result] : forward.outputs())
    if (name != "loss") for_others.insert(result.id);
  for (const auto& [state, next] : forward.updates()) for_others.insert(next.id);
  const std::vector<Value> order = forward.topological();
  for (auto v = order.rbegin(); v != order.rend(); ++v) {
    if (for_others.contains(v->id))
      for (Value operand : v->operands()) for_others.insert(operand.id);
    else
      for_the_loss_.insert(v->id);
  }
}

Module Workers::operator()(Value v) const {
  const Node& node = v.node();
  if (node.phase == Phase::gradient) return Module::autograd;
  if (node.phase == Phase::update) return Module::optimizers;
  const Module module = module_of(*node.op->info);
  if (module != Module::tensor) return module;
  const auto for_loss = [&](std::uint32_t id) { return for_the_loss_.contains(id); };
  if (for_loss(v.id) || std::ranges::any_of(node.origin, for_loss)) return Module::losses;
  return node.at.module.empty() ? Module::tensor : Module::layers;
}

std::vector<std::string_view> claimed_by(Module module) {
  std::vector<std::string_view> names;
  for (const Claim& claim : claims)
    if (claim.module == module) names.push_back(claim.op);
  return names;
}

}  // namespace vitrine
