// What the audit knows beside ops: layers, ways to learn, readers of data; and how it tells who uses them.
#include "tools/features.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "tools/audit.hpp"
#include "vitrine/error.hpp"
#include "vitrine/losses/cross_entropy.hpp"
#include "vitrine/trace.hpp"
#include "vitrine/vitrine.hpp"

using namespace vitrine;
using Catch::Contains;
using Names = std::set<std::string>;

namespace {

const std::filesystem::path source = VITRINE_SOURCE;

/// The features that some project with this forward graph and this optimizer uses.
Names used(Graph (*forward)(), Optimizer optimizer, std::vector<std::string> uses = {}) {
  Names found;
  const Project project{.name = "some", .forward = forward, .optimizer = std::move(optimizer), .uses = std::move(uses)};
  for (const Feature& feature : features())
    if (is_used(project, forward(), feature)) found.emplace(feature.name);
  return found;
}

constexpr Axis batch{"batch", 2}, channel{"channel", 3}, deep{"deep", 4}, kind{"kind", 5};

struct Images {
  using First = UnbiasedConvolution2d<channel, deep, Extent{1, 1}>;
  using Norm = BatchNorm2d<deep>;
  using Rows = LayerNorm<deep>;
  using Last = Linear<deep, kind>;
  BOOST_HANA_DEFINE_STRUCT(Images, (First, first), (Norm, norm), (Rows, rows), (Last, last));
  Tensor<batch, kind> operator()(Tensor<batch, 4, 4, channel> image) const {
    Tensor<batch, 2, 2, deep> seen = max_pool2d<Extent{2, 2}>(norm(first(image)));
    Tensor<batch, deep> flat = mean<1, 2>(avg_pool2d<Extent{1, 1}>(seen));
    return last(rows(Dropout<0.5f>{}(flat)));
  }
};
Graph images() { return trace_classifier<Images>("images", "image"); }

/// What models/gpt.hpp and models/llama.hpp have not.
struct Sines {
  using Norm = RmsNorm<deep>;
  BOOST_HANA_DEFINE_STRUCT(Sines, (Norm, norm));
  Tensor<batch, kind, deep> operator()(Tensor<batch, kind, deep> x) const {
    return norm(x + sinusoidal_positions<kind, deep>());
  }
};
constexpr Axis place{"time", 4}, token{"token", 3}, head{"head", 2}, kv{"kv", 1};
Graph gpt() { return trace_language_model(Gpt<batch, place, token, deep, head, 1>{}, "gpt"); }
Graph llama() { return trace_language_model(Llama<batch, place, token, deep, head, kv, kind, 1>{}, "llama"); }
Graph sines() { return trace_regression<Sines>("sines", "x"); }

/// A product of no layer, and the loss that L and the weights ask for.
template <Labels L, bool weighted> Graph loss_only() {
  Graph graph("loss");
  const Value x = matmul(graph.input("x", f32<2, 3>), graph.state("w", f32<3, 5>)),
              label = graph.input("label", i32<2>);
  if constexpr (weighted)
    graph.output("loss", cross_entropy<L>(x, label, graph.input("weights", f32<5>)));
  else
    graph.output("loss", cross_entropy<L>(x, label));
  return graph;
}

/// A rule of its own, and none of an optimizer's.
Graph own_rule() {
  Graph graph("rule");
  const Value w = graph.state("w", f32<3>);
  graph.output("loss", sum(w));
  const Graph::Scope scope(graph, "", Phase::update);
  graph.update(w, w * 0.5f);
  return graph;
}

}  // namespace

TEST_CASE("every feature has a name of its own and a file that is there") {
  Names names;
  Module last = Module::tensor;
  for (const Feature& feature : features()) {
    CAPTURE(feature.name, feature.where);
    CHECK(names.emplace(feature.name).second);
    CHECK(std::filesystem::exists(source / feature.where));
    CHECK(feature.module >= last);
    last = feature.module;
  }
}

TEST_CASE("no layer and no reader of data is missing among the features") {
  Names files;
  for (const Feature& feature : features()) files.emplace(feature.where);
  for (const auto& entry : std::filesystem::directory_iterator(source / "include/vitrine/layers")) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    if (name != "random_states.hpp") CHECK(files.contains("include/vitrine/layers/" + name));  // no layer
  }
  for (const auto& entry : std::filesystem::directory_iterator(source / "tools/data")) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    // image_files.hpp chooses between two readers.
    if (name.ends_with("_file.hpp") || name == "text_data.hpp" || name == "shifted_windows.hpp")
      CHECK(files.contains("tools/data/" + name));
  }
  for (const auto& entry : std::filesystem::directory_iterator(source / "include/vitrine/models")) {
    CAPTURE(entry.path().filename());
    CHECK(files.contains("include/vitrine/models/" + entry.path().filename().string()));
  }
}

TEST_CASE("layers are found in a traced graph, and not where only their ops are") {
  CHECK(used(images, Sgd{}) == Names{"BatchNorm2d", "Convolution2d", "Dropout", "LayerNorm", "Linear", "Sgd",
                                     "average pooling", "max pooling"});
  CHECK(used(gpt, Sgd{}) == Names{"Embedding", "FeedForward", "Gpt", "LayerNorm", "Linear", "SelfAttention", "Sgd",
                                  "learned positions", "pre-norm block"});
  CHECK(used(llama, Sgd{}) == Names{"Embedding", "GatedFeedForward", "Linear", "Llama", "RmsNorm", "RotaryAttention",
                                    "Sgd", "pre-norm block"});
  CHECK(used(sines, Sgd{}) == Names{"RmsNorm", "Sgd", "sinusoidal positions"});
  CHECK(used(loss_only<Labels{}, false>, Sgd{}) == Names{"Sgd"});
}

TEST_CASE("what a loss does with labels is found in its graph") {
  CHECK(used(loss_only<Labels{.smoothing = 0.1f}, false>, Sgd{}) == Names{"Sgd", "label smoothing"});
  CHECK(used(loss_only<Labels{.ignored = -100}, false>, Sgd{}) == Names{"Sgd", "ignored label"});
  CHECK(used(loss_only<Labels{}, true>, Sgd{}) == Names{"Sgd", "class weights"});
  CHECK(used(loss_only<Labels{.smoothing = 0.1f, .ignored = 0}, true>, Sgd{}) ==
        Names{"Sgd", "class weights", "ignored label", "label smoothing"});
}

TEST_CASE("ways to learn are read off the optimizer, unless the project has a rule of its own") {
  constexpr auto forward = loss_only<Labels{}, false>;
  CHECK(used(forward, Sgd{.momentum = 0.9f}) == Names{"Sgd", "momentum"});
  CHECK(used(forward, Sgd{.momentum = 0.9f, .nesterov = true, .accumulate = 4}) ==
        Names{"Nesterov", "Sgd", "accumulation", "momentum"});
  CHECK(used(forward, Adam{.rate = {.cosine_steps = 9, .warm_up_steps = 3}, .clip = {.norm = 1}}) ==
        Names{"Adam", "clipping by norm", "cosine", "warm-up"});
  CHECK(used(forward, AdamW{.rate = {.drop_every = 9}, .clip = {.value = 1}, .groups = {{.match = "*"}}}) ==
        Names{"AdamW", "clipping by value", "parameter groups", "steps", "weight decay"});
  CHECK(used(own_rule, Adam{.weight_decay = 1}).empty());
}

TEST_CASE("what no graph shows is believed, and a word that names no feature is refused") {
  CHECK(used(own_rule, Sgd{}, {"CSV", "prefetch"}) == Names{"CSV", "prefetch"});
  CHECK_THROWS_WITH(used(own_rule, Sgd{}, {"prefetsh"}),
                    Contains("the project some uses 'prefetsh'") && Contains("did you mean 'prefetch'?"));
}

TEST_CASE("the audit differentiates a model whose layers keep running means, and attributes every rewrite") {
  const Audit a = audit({{.name = "images", .forward = images, .optimizer = Sgd{}}});
  CHECK(a.modules.at(static_cast<std::size_t>(Module::optimizers)).needed_by == std::vector<std::string>{"images"});
  const Names wanted = used(images, Sgd{});
  for (const FeatureAudit& f : a.features) CHECK(f.used_by.size() == wanted.count(std::string(f.feature->name)));
  for (const PassAudit& pass : a.passes) {
    std::size_t attributed = 0;
    for (const auto& [module, count] : pass.of_module) attributed += count;
    CAPTURE(pass.pass->name);
    CHECK(attributed == pass.rewrites.at(0));
    // The batch norm behind the convolution becomes part of it.
    if (pass.pass->name == "fold_batch_norm") CHECK(pass.rewrites.at(0) > 0);
  }
}
