#include "tools/features.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/attention.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/dropout.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/gelu_tanh.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/row_norm.hpp"
#include "vitrine/ops/silu.hpp"
#include "vitrine/ops/sin.hpp"

namespace vitrine {

namespace {

template <class Condition> bool any_node(const Graph& graph, Condition holds) {
  return std::ranges::any_of(graph.topological(), holds);
}
template <class O> bool has(const Graph& graph, const Optimizer*) {
  return any_node(graph, [](Value v) { return as<O>(v) != nullptr; });
}
/// Whether a layer with this parameter ("weight") traced the op.
template <class O> bool has_layer(const Graph& graph, std::string_view parameter) {
  return any_node(graph, [&](Value v) {
    const std::string& path = v.node().at.module;
    return as<O>(v) && graph.find(fmt::format("{}.{}", path, parameter));
  });
}
/// The same by what a frame has and has not: attention with biases, or without.
template <class O> bool has_layer(const Graph& graph, std::string_view parameter, std::string_view but_not) {
  return any_node(graph, [&](Value v) {
    const std::string& path = v.node().at.module;
    return as<O>(v) && graph.find(fmt::format("{}.{}", path, parameter)) &&
           !graph.find(fmt::format("{}.{}", path, but_not));
  });
}
/// Whether rows of a layer's weight are picked, by their place in a text or by something else.
template <bool by_place> bool picks_rows(const Graph& graph, const Optimizer*) {
  return any_node(graph, [&](Value v) {
    return as<Gather>(v) && graph.find(v.node().at.module + ".weight") == v.operands()[0] &&
           (as<Iota>(v.operands()[1]) != nullptr) == by_place;
  });
}
/// Sines and cosines of one angle side by side.
bool has_waves(const Graph& graph, const Optimizer*) {
  const auto reads_a = [](Value part, auto op) {
    return part.op() && !part.operands().empty() && op(part.operands()[0]);
  };
  return any_node(graph, [&](Value v) {
    return as<Concat>(v) && v.operands().size() == 2 &&
           reads_a(v.operands()[0], [](Value x) { return as<Sin>(x) != nullptr; }) &&
           reads_a(v.operands()[1], [](Value x) { return as<Cos>(x) != nullptr; });
  });
}
bool has_self_attention(const Graph& graph, const Optimizer*) { return has_layer<Attention>(graph, "query.bias"); }
bool has_rotary_attention(const Graph& graph, const Optimizer*) {
  return has_layer<Attention>(graph, "query.weight", "query.bias");
}
bool has_gate(const Graph& graph, const Optimizer*) { return has_layer<Silu>(graph, "gate.weight"); }
bool has_block(const Graph& graph, const Optimizer*) { return has_layer<Add>(graph, "attention.merged.weight"); }

/// Whether a cross entropy of the graph, by its logits and labels, looks so.
template <class Condition> bool any_loss(const Graph& graph, Condition holds) {
  return any_node(graph, [&](Value v) { return as<CrossEntropy>(v) && holds(v.operands()[0], v.operands()[1]); });
}
bool reads(Value user, std::size_t place, Value operand) {
  return user.operands().size() > place && user.operands()[place] == operand;
}

/// Whether there is an optimizer, and Condition holds for its rule.
template <auto Condition> bool learns(const Graph&, const Optimizer* optimizer) {
  return optimizer && std::visit([](const auto& rule) { return Condition(rule); }, *optimizer);
}
template <class Rule> bool learns_by(const Graph&, const Optimizer* optimizer) {
  return optimizer && std::holds_alternative<Rule>(*optimizer);
}

float momentum_of(const auto& rule) {
  if constexpr (requires { rule.momentum; })
    return rule.momentum;
  else
    return 0;
}
bool looks_ahead(const auto& rule) {
  if constexpr (requires { rule.nesterov; })
    return rule.nesterov;
  else
    return false;
}

constexpr std::string_view optimizer_file = "include/vitrine/optimizer.hpp";

constexpr std::array all{
    Feature{Module::layers, "Sequential", "include/vitrine/layers/sequential.hpp"},
    Feature{Module::layers, "Linear", "include/vitrine/layers/linear.hpp",
            [](const Graph& graph, const Optimizer*) { return has_layer<Matmul>(graph, "weight"); }},
    Feature{Module::layers, "Dropout", "include/vitrine/layers/dropout.hpp", has<Drop>},
    // How include/vitrine/losses/cross_entropy.hpp builds each of them.
    Feature{Module::losses, "label smoothing", "include/vitrine/losses/cross_entropy.hpp",
            [](const Graph& graph, const Optimizer*) {
              return any_loss(graph, [&](Value logits, Value) {
                return any_node(graph, [&](Value v) { return as<LogSoftmax>(v) && reads(v, 0, logits); });
              });
            }},
    Feature{Module::losses, "ignored label", "include/vitrine/losses/cross_entropy.hpp",
            [](const Graph& graph, const Optimizer*) {
              return any_loss(graph, [](Value, Value label) { return as<Mul>(label) != nullptr; });
            }},
    Feature{Module::losses, "class weights", "include/vitrine/losses/cross_entropy.hpp",
            [](const Graph& graph, const Optimizer*) {
              return any_loss(graph, [&](Value, Value label) {
                return any_node(graph, [&](Value v) { return as<Gather>(v) && reads(v, 1, label); });
              });
            }},
    Feature{Module::optimizers, "Sgd", optimizer_file, learns_by<Sgd>},
    Feature{Module::optimizers, "momentum", optimizer_file,
            learns<[](const auto& rule) { return momentum_of(rule) != 0; }>},
    Feature{Module::optimizers, "Nesterov", optimizer_file,
            learns<[](const auto& rule) { return momentum_of(rule) != 0 && looks_ahead(rule); }>},
    Feature{Module::optimizers, "Adam", optimizer_file, learns_by<Adam>},
    Feature{Module::optimizers, "AdamW", optimizer_file, learns_by<AdamW>},
    Feature{Module::optimizers, "weight decay", optimizer_file,
            learns<[](const auto& rule) { return rule.weight_decay != 0; }>},
    Feature{Module::optimizers, "parameter groups", optimizer_file,
            learns<[](const auto& rule) { return !rule.groups.empty(); }>},
    Feature{Module::training, "steps", optimizer_file,
            learns<[](const auto& rule) { return rule.rate.drop_every != 0; }>},
    Feature{Module::training, "cosine", optimizer_file,
            learns<[](const auto& rule) { return rule.rate.cosine_steps != 0; }>},
    Feature{Module::training, "warm-up", optimizer_file,
            learns<[](const auto& rule) { return rule.rate.warm_up_steps != 0; }>},
    Feature{Module::training, "clipping by norm", optimizer_file,
            learns<[](const auto& rule) { return rule.clip.norm != 0; }>},
    Feature{Module::training, "clipping by value", optimizer_file,
            learns<[](const auto& rule) { return rule.clip.value != 0; }>},
    Feature{Module::training, "accumulation", optimizer_file,
            learns<[](const auto& rule) { return 1 < rule.accumulate; }>},
    Feature{Module::training, "saved parameters", "tools/parameter_file.hpp"},
    Feature{Module::training, "whole trainings", "tools/checkpoint.hpp"},
    Feature{Module::dataloader, "IDX", "tools/data/idx_file.hpp"},
    Feature{Module::dataloader, "CSV", "tools/data/csv_file.hpp"},
    Feature{Module::dataloader, "CIFAR-10", "tools/data/cifar_file.hpp"},
    Feature{Module::dataloader, "text", "tools/data/text_data.hpp"},
    Feature{Module::dataloader, "dictd", "tools/text/dictionary.hpp"},
    Feature{Module::dataloader, "shifted windows", "tools/data/shifted_windows.hpp"},
    Feature{Module::dataloader, "flips and crops", "tools/data/augment.hpp"},
    Feature{Module::dataloader, "shuffling", "tools/data/shuffle.hpp"},
    Feature{Module::dataloader, "prefetch", "tools/data/prefetch.hpp"},
    Feature{Module::spatial, "Convolution2d", "include/vitrine/layers/convolution.hpp",
            [](const Graph& graph, const Optimizer*) { return has_layer<Conv2d>(graph, "weight"); }},
    Feature{Module::spatial, "max pooling", "include/vitrine/layers/pooling.hpp", has<MaxPool2d>},
    Feature{Module::spatial, "average pooling", "include/vitrine/layers/pooling.hpp", has<AvgPool2d>},
    Feature{Module::spatial, "BatchNorm2d", "include/vitrine/layers/batch_norm.hpp",
            [](const Graph& graph, const Optimizer*) {
              return any_node(graph, [](Value v) { return v.node().name.ends_with(".running_mean"); });
            }},
    Feature{Module::spatial, "Nchw", "include/vitrine/layers/nchw.hpp",
            [](const Graph& graph, const Optimizer*) {
              return any_node(graph, [](Value v) {
                const Permute* permute = as<Permute>(v);
                return permute && permute->order == Positions{0, 2, 3, 1};
              });
            }},
    Feature{Module::tokenization, "characters", "tools/text/characters.hpp"},
    Feature{Module::tokenization, "byte pairs", "tools/text/byte_pairs.hpp"},
    Feature{Module::tokenization, "GPT-2's byte pairs", "tools/text/gpt2_files.hpp"},
    Feature{Module::tokenization, "pieces", "tools/text/pieces.hpp"},
    Feature{Module::embeddings, "Embedding", "include/vitrine/layers/embedding.hpp", picks_rows<false>},
    Feature{Module::embeddings, "learned positions", "include/vitrine/layers/positions.hpp", picks_rows<true>},
    Feature{Module::embeddings, "sinusoidal positions", "include/vitrine/layers/positions.hpp", has_waves},
    Feature{Module::attention, "SelfAttention", "include/vitrine/layers/self_attention.hpp", has_self_attention},
    Feature{Module::attention, "RotaryAttention", "include/vitrine/layers/self_attention.hpp", has_rotary_attention},
    Feature{Module::transformers, "LayerNorm", "include/vitrine/layers/layer_norm.hpp",
            [](const Graph& graph, const Optimizer*) { return has_layer<RowNorm<true>>(graph, "gain"); }},
    Feature{Module::transformers, "RmsNorm", "include/vitrine/layers/layer_norm.hpp",
            [](const Graph& graph, const Optimizer*) { return has_layer<RowNorm<false>>(graph, "gain"); }},
    Feature{Module::transformers, "FeedForward", "include/vitrine/layers/feed_forward.hpp",
            [](const Graph& graph, const Optimizer*) { return has_layer<GeluTanh>(graph, "up.weight"); }},
    Feature{Module::transformers, "GatedFeedForward", "include/vitrine/layers/feed_forward.hpp", has_gate},
    Feature{Module::transformers, "pre-norm block", "include/vitrine/layers/transformer_block.hpp", has_block},
    Feature{Module::transformers, "Gpt", "include/vitrine/models/gpt.hpp",
            [](const Graph& graph, const Optimizer* optimizer) {
              return has_block(graph, optimizer) && has_self_attention(graph, optimizer) &&
                     picks_rows<true>(graph, optimizer);
            }},
    Feature{Module::transformers, "Llama", "include/vitrine/models/llama.hpp",
            [](const Graph& graph, const Optimizer* optimizer) {
              return has_block(graph, optimizer) && has_rotary_attention(graph, optimizer) &&
                     has_gate(graph, optimizer);
            }},
    Feature{Module::transformers, "sampling", "tools/text/sampling.hpp"},
};

}  // namespace

std::span<const Feature> features() { return all; }

const Optimizer* optimizer_of(const Project& project, const Graph& forward) {
  const auto updates = [](Value v) { return v.node().phase == Phase::update; };
  return any_node(forward, updates) ? nullptr : &project.optimizer;
}

bool is_used(const Project& project, const Graph& forward, const Feature& feature) {
  std::vector<std::string_view> known;
  for (const Feature& each : all) known.push_back(each.name);
  for (const std::string& word : project.uses) {
    if (std::ranges::find(known, word) != known.end()) continue;
    const std::string_view near = nearest(word, known);
    throw UsageError(
        fmt::format("audit: the project {} uses '{}', which is no feature{}; tools/features.cpp lists them",
                    project.name, word, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  if (std::ranges::find(project.uses, feature.name) != project.uses.end()) return true;
  return feature.shown && feature.shown(forward, optimizer_of(project, forward));
}

}  // namespace vitrine
