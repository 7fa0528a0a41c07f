// A model written in plain operations becomes the training step of one written with the ops that have kernels.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/plain_model.hpp"
#include "tests/small_language.hpp"
#include "tools/certify.hpp"
#include "tools/small_values.hpp"

using namespace vitrine;
using namespace vitrine::plain;

namespace {

Plan plan_of(Graph step) {
  optimize(step);
  return compile(step, CpuTarget(best_isa()));
}

/// What a step runs: its head with its attributes and the types it reads, the kernel, what is fused with it.
std::string described(const Step& step) {
  std::string text = step.choice.kernel;
  if (step.head) {
    text += " " + std::string(step.head->name());
    for (const Attribute& a : step.head->info->print(step.head->attributes.get())) text += " " + a.name + "=" + a.text;
  }
  for (const Slot& slot : step.operands) {
    Shape sizes;  // an axis of 1 makes no other tensor
    for (const Axis& a : slot.type.shape)
      if (a.size > 1) sizes << a.size;
    text += (Sentence{} << " " << Type{slot.type.dtype, sizes}).str();
  }
  return text + (step.kernel ? " " + std::to_string(step.kernel->instructions.size()) : "");
}
std::vector<std::string> kernels_of(const Graph& step) {
  std::vector<std::string> made;
  for (const Step& s : plan_of(step).steps) made.push_back(described(s));
  std::ranges::sort(made);
  return made;
}

std::size_t count(const Graph& graph, std::string_view op) {
  return static_cast<std::size_t>(
      std::ranges::count_if(graph.topological(), [&](Value v) { return v.op() && v.op()->name() == op; }));
}

}  // namespace

TEST_CASE("the training step of a model in plain operations has the kernels of one with ops for them") {
  const Adam adam{};
  const Graph plain = training_step(model<Plain>(), adam), ops = training_step(model<Ops>(), adam);
  for (const char* op : {"layer_norm", "rms_norm", "softmax", "attention", "cross_entropy", "attention_query_gradient",
                         "attention_key_gradient", "attention_value_gradient", "cross_entropy_gradient"}) {
    CAPTURE(op);
    CHECK(count(plain, op) == 1);
    CHECK(count(ops, op) == 1);
  }
  CHECK(kernels_of(plain) == kernels_of(ops));
  // Not recognized it needs far more steps.
  CHECK(plan_of(differentiated_step(model<Plain>(), adam)).steps.size() > kernels_of(ops).size() + 10);
}

TEST_CASE("a loss that asks nothing of labels that are no classes has those kernels too, and small ones on labels") {
  const std::vector<std::string> marked = kernels_of(training_step(model<Marked>(), Adam{})),
                                 ops = kernels_of(training_step(model<Ops>(), Adam{}));
  for (const char* kernel : {"cross_entropy ", "cross_entropy_gradient", "attention", "layer_norm", "rms_norm"}) {
    const auto has = [&](const std::string& text) { return text.find(kernel) != text.npos; };
    CAPTURE(kernel);
    CHECK(std::ranges::count_if(marked, has) == std::ranges::count_if(ops, has));
  }
  CHECK(count(training_step(model<Marked>(), Adam{}), "one_hot") == 0);
  CHECK(marked.size() <= ops.size() + 7);
}

TEST_CASE("a label that is no class costs nothing and moves nothing, recognized or not") {
  Graph written("written");
  const Value x = written.state("x", f32<3, 4>), label = written.input("label", i32<3>);
  const Value losses = -sum_of(emit(LogSoftmax{}, {x}) * emit(OneHot{Axis(4)}, {label}));
  written.output("loss", emit(SumTo{Shape{}}, {losses}));
  Graph told(written);
  recognize(told);
  REQUIRE(count(told, "cross_entropy") == 1);
  REQUIRE(count(told, "log_softmax") == 0);
  const Named given{{"x", {0.5, -1, 2, 0.25, 1, 1, -3, 0, 90, 0, -90, 1}}, {"label", {2, -100, 4}}};
  const auto was = run_on(with_gradients(written), given), is = run_on(with_gradients(told), given);
  REQUIRE(is.at("d x").size() == 12);
  CHECK(is.at("loss")[0] == Approx(was.at("loss")[0]));
  CHECK(is.at("loss")[0] > 0.1);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(is.at("d x")[i] == Approx(was.at("d x")[i]).margin(1e-6));
    if (i >= 4) CHECK(is.at("d x")[i] == 0);
  }
}

TEST_CASE("a model in plain operations is certified: what was recognized, its derivatives, every pass and step") {
  Pool pool(2);
  for (const auto written : {model<Plain>, model<Marked>}) {
    Graph forward = written();
    Certificate before = certify_recognition(forward, small_values(forward, 1), pool).certificate;
    Graph step = differentiated_step(forward, Sgd{.momentum = 0.9f});
    const Values<float> leaves = small_values(step, 1);
    Certificate made = certify(step, &forward, default_pipeline, leaves, pool).certificate;
    const std::size_t rewrites = made.passes.back().rewrites;
    prepend(before, made);
    for (const Break& b : made.breaks) FAIL(b.pass << ": " << b.node << ": " << b.why);
    CHECK(made.passes.front().pass == "recognize_rows");
    CHECK(made.passes.front().rewrites >= 4);
    CHECK(made.passes.front().trials > 0);
    CHECK(made.passes[1].pass == "recognize_cross_entropy");
    CHECK(made.passes[2].pass == "recognize_attention");
    CHECK(made.passes.back().rewrites == rewrites);
    CHECK_THAT(table(made),
               Catch::Contains("recognize_attention") && Catch::Contains("holds") && !Catch::Contains("BROKEN"));
  }
}

TEST_CASE("a recognized model computes what it says, and so do its gradients") {
  const Graph written = model<Marked>();
  Graph told(written);
  recognize(told);
  const Named given = some_leaves(written, 7);
  const auto was = reference_on(with_gradients(written), given), is = run_on(with_gradients(told), given);
  REQUIRE(was.size() == is.size());
  for (const auto& [name, numbers] : was) {
    CAPTURE(name);
    double largest = 0;
    for (const double n : numbers) largest = std::max(largest, std::abs(n));
    for (std::size_t i = 0; i < numbers.size(); ++i)
      CHECK(is.at(name)[i] == Approx(numbers[i]).margin(1e-4 * largest + 1e-7));
  }
}

TEST_CASE("models with ops for what they do are as they were: recognition finds nothing in them") {
  for (const auto forward : {small::gpt, small::llama, small::grouped_llama, model<Ops>}) {
    Graph told = forward();
    const std::string before = print(told);
    CHECK(recognize(told).rewrites.empty());
    CHECK(print(told) == before);
    CHECK(print(training_step(told, Adam{})) == print(differentiated_step(told, Adam{})));
  }
}

TEST_CASE("behind its gradients a softmax is not told any more, and the reason is") {
  Graph step = differentiated_step(model<Plain>(), Sgd{});
  const Record record = optimize(step, recognition_pipeline);
  CHECK(count(step, "attention") == 0);
  const auto says = [&](std::string_view pass) {
    return std::ranges::any_of(record.refusals, [&](const Refusal& r) {
      return r.pass == pass && r.reason.find("is read by") != std::string::npos && !r.suggestion.empty();
    });
  };
  CHECK(says("recognize_rows"));
  CHECK(says("recognize_cross_entropy"));
}
