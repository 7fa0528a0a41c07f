#include "tools/workloads.hpp"

#include "compiler/optimizers.hpp"
#include "vitrine/vitrine.hpp"

namespace vitrine {

namespace {

namespace w1a {
constexpr Axis batch{"batch", 64}, in{"in", 784}, hidden{"hidden", 128}, out{"out", 10};

struct Mlp {
  using Up = Linear<in, hidden>;
  using Down = Linear<hidden, out>;
  BOOST_HANA_DEFINE_STRUCT(Mlp, (Up, up), (Down, down));
  Tensor<batch, out> operator()(Tensor<batch, in> x) const {
    Tensor<batch, hidden> h = relu(up(x));
    return down(h);
  }
};
Graph step() { return training_step(trace_classifier<Mlp>("W1a", "image"), Sgd{.rate = {.rate = 0.1f}}); }
Graph forward() { return trace<Mlp>("W1a_fwd", "image"); }
}  // namespace w1a

namespace w1b {
constexpr Axis batch{"batch", 256}, in{"in", 784}, wide{"wide", 1024}, deep{"deep", 1024}, out{"out", 10};

struct Mlp {
  using Up = Linear<in, wide>;
  using Across = Linear<wide, deep>;
  using Down = Linear<deep, out>;
  BOOST_HANA_DEFINE_STRUCT(Mlp, (Up, up), (Across, across), (Down, down));
  Tensor<batch, out> operator()(Tensor<batch, in> x) const {
    Tensor<batch, wide> h = relu(up(x));
    Tensor<batch, deep> g = relu(across(h));
    return down(g);
  }
};
Graph step() { return training_step(trace_classifier<Mlp>("W1b", "image"), Adam{.rate = {.rate = 1e-3f}}); }
Graph forward() { return trace<Mlp>("W1b_fwd", "image"); }
}  // namespace w1b

namespace w2 {
constexpr Axis batch{"batch", 64}, channel{"channel", 3}, edges{"edges", 32}, shapes{"shapes", 64},
    pixel{"pixel", 4096}, hidden{"hidden", 128}, out{"out", 10};

struct Cnn {
  using Filter1 = Parameter<normal(0.27f), Axis(3), Axis(3), channel, edges>;
  using Filter2 = Parameter<normal(0.083f), Axis(3), Axis(3), edges, shapes>;
  using Bias1 = Tensor<edges>;
  using Bias2 = Tensor<shapes>;
  using Up = Linear<pixel, hidden>;
  using Down = Linear<hidden, out>;
  BOOST_HANA_DEFINE_STRUCT(Cnn, (Filter1, filter1), (Bias1, bias1), (Filter2, filter2), (Bias2, bias2), (Up, up),
                           (Down, down));
  Tensor<batch, out> operator()(Tensor<batch, 32, 32, channel> x) const {
    constexpr Extent one{1, 1}, two{2, 2};
    Tensor<batch, 16, 16, edges> a = max_pool2d<two>(relu(conv2d<one, one>(x, filter1) + bias1));
    Tensor<batch, 8, 8, shapes> b = max_pool2d<two>(relu(conv2d<one, one>(a, filter2) + bias2));
    Tensor<batch, hidden> h = relu(up(reshape<batch, pixel>(b)));
    return down(h);
  }
};
Graph step() { return training_step(trace_classifier<Cnn>("W2", "image"), Adam{.rate = {.rate = 1e-3f}}); }
Graph forward() { return trace<Cnn>("W2_fwd", "image"); }
}  // namespace w2

namespace w3s {
constexpr Axis batch{"batch", 16}, time{"time", 128}, token{"token", 96}, width{"width", 128}, head{"head", 4};
using Model = Gpt<batch, time, token, width, head, 4>;
}  // namespace w3s

namespace w3m {
constexpr Axis batch{"batch", 8}, time{"time", 256}, token{"token", 4096}, width{"width", 384}, head{"head", 6};
using Model = Gpt<batch, time, token, width, head, 6>;
}  // namespace w3m

/// It hands out the loss alone: like the peer's, it need not keep a score for every token to the end of the step.
template <class M> Graph traced_loss(const char* name) {
  using Tokens = std::remove_cvref_t<decltype(std::declval<typename Signature<M>::Inputs>()[hana::size_c<0>])>;
  Graph graph(name);
  const Tokens token = input<Tokens>(graph, "token");
  const M model = bind<M>(graph, M());
  const Value scores = model(token).value;
  graph.output("loss", cross_entropy(scores, graph.input("next", token.value.type())));
  return graph;
}

namespace w5 {
constexpr Axis element{"element", long_array}, row{"row", 4096}, column{"column", 1024};
using Long = Tensor<element>;
using Rows = Tensor<row, column>;

/// Models without parameters.
template <class T, class F> Graph formula(F f) {
  Graph graph("W5");
  graph.output("y", named(f(input<T>(graph, "x"))).value);
  return graph;
}
Graph gelu_by_erf() {
  return formula<Long>([](const Long& x) { return gelu(1.5f * x + 0.25f); });
}
Graph gelu_by_tanh() {
  return formula<Long>([](const Long& x) { return gelu_tanh(1.5f * x + 0.25f); });
}
Graph weighed() {
  return formula<Rows>([](const Rows& x) { return softmax(x); });
}

struct Normed {
  using Norm = LayerNorm<column>;
  BOOST_HANA_DEFINE_STRUCT(Normed, (Norm, norm));
  Rows operator()(Rows x) const { return norm(x); }
};
Graph normed() { return trace<Normed>("W5", "x"); }
}  // namespace w5

namespace w6 {
template <std::size_t m, std::size_t k, std::size_t n> struct Product {
  using Weight = Tensor<Axis(k), Axis(n)>;
  BOOST_HANA_DEFINE_STRUCT(Product, (Weight, weight));
  Tensor<Axis(m), Axis(n)> operator()(Tensor<Axis(m), Axis(k)> x) const { return matmul(x, weight); }
};
template <std::size_t m, std::size_t k = m, std::size_t n = m> Workload work(const char* name, const char* what) {
  return {name, what, [] { return trace<Product<m, k, n>>("W6", "x"); }, true,
          2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n)};
}
}  // namespace w6

namespace w4 {
constexpr Axis batch{"batch", 1}, time{"time", 512}, many{"token", 50'257}, width{"width", 768}, head{"head", 12};
using Small = Gpt<batch, time, w3s::token, w3s::width, w3s::head, 4>;
using Medium = Gpt<batch, time, w3m::token, w3m::width, w3m::head, 6>;
using Large = Gpt<batch, time, many, width, head, 12>;
template <class M>
Workload text(const char* name, const char* what, bool cached, std::size_t prompt = 16, std::size_t written = 256) {
  return {.name = name,
          .what = what,
          .graph = [name] { return trace_language_model(M{}, name); },
          .in_use = true,
          .prompt = prompt,
          .written = written,
          .cached = cached,
          .if_named = !cached || std::string_view(name).starts_with("W4g")};
}
/// The text of `text` with a cache by a model in few bits. Made-up weights want no search for the best scale.
template <class M> Workload few_bits(const char* name, const char* what, const char* scheme) {
  Workload made = text<M>(name, what, true);
  made.scheme = scheme;
  return made;
}
constexpr const char *int8 = "int8", *int4 = "int4,scale=maximum";
}  // namespace w4

}  // namespace

Graph trace_w3m() { return traced_loss<w3m::Model>("W3m"); }
Graph language_step(const Graph& traced) {
  return training_step(traced, AdamW{.rate = {.rate = 3e-4f}, .clip = {.norm = 1}});
}

std::string unit_of(const Workload& work) {
  if (work.operations > 0) return "GFLOP/s";
  if (work.bytes > 0) return "GB/s";
  return work.written > 0 ? "tokens/s" : "ms";
}

double told(const Workload& work, double milliseconds) {
  if (work.operations > 0) return work.operations / milliseconds / 1e6;
  if (work.bytes > 0) return work.bytes / milliseconds / 1e6;
  if (work.written > 0) return static_cast<double>(work.written == 1 ? work.prompt : work.written) / milliseconds * 1e3;
  return milliseconds;
}

std::span<const Workload> workloads() {
  static const std::vector<Workload> all{
      Workload{"W1a", "training step, MLP 784-128-10, relu, SGD, batch 64", w1a::step},
      Workload{"W1a_fwd", "the same, forward only", w1a::forward, true},
      Workload{"W1b", "training step, MLP 784-1024-1024-10, relu, Adam, batch 256", w1b::step},
      Workload{"W1b_fwd", "the same, forward only", w1b::forward, true},
      Workload{.name = "W1b_fwd_int8",
               .what = "the same, weights and rows in eight bits",
               .graph = w1b::forward,
               .in_use = true,
               .scheme = "dynamic_int8"},
      Workload{"W2", "training step, CNN on 3x32x32: conv 32, 64, linear 128, Adam, batch 64", w2::step},
      Workload{"W2_fwd", "the same, forward only", w2::forward, true},
      Workload{"W3s", "training step, GPT of 0.83 M: width 128, 4 blocks, 16 x 128 tokens, AdamW, clipped",
               [] { return language_step(traced_loss<w3s::Model>("W3s")); }},
      Workload{"W3m", "training step, GPT of 14 M: width 384, 6 blocks, 8 x 256 tokens, AdamW, clipped",
               [] { return language_step(trace_w3m()); }},
      Workload{.name = "W4read",
               .what = "2^27 floats read, as a model's weights are for every token",
               .bytes = sizeof(float) * static_cast<double>(very_long_array)},
      w4::text<w4::Small>("W4s_kv", "256 tokens written behind 16, GPT of 0.83 M, context 512, with a cache", true),
      w4::text<w4::Medium>("W4m_kv", "the same, GPT of 14 M", true),
      w4::text<w4::Large>("W4g_kv", "the same, GPT of GPT-2's size", true),
      w4::few_bits<w4::Small>("W4s_int8", "the GPT of 0.83 M with weights in eight bits, with a cache", w4::int8),
      w4::few_bits<w4::Medium>("W4m_int8", "the GPT of 14 M in eight bits", w4::int8),
      w4::few_bits<w4::Large>("W4g_int8", "the GPT of GPT-2's size in eight bits", w4::int8),
      w4::few_bits<w4::Small>("W4s_int4", "the GPT of 0.83 M in four bits, embedding and head in eight", w4::int4),
      w4::few_bits<w4::Medium>("W4m_int4", "the GPT of 14 M in four bits", w4::int4),
      w4::few_bits<w4::Large>("W4g_int4", "the GPT of GPT-2's size in four bits", w4::int4),
      w4::text<w4::Small>("W4s_nocache", "the GPT of 0.83 M without a cache", false),
      w4::text<w4::Medium>("W4m_nocache", "the GPT of 14 M without a cache", false),
      w4::text<w4::Large>("W4g_nocache", "the GPT of GPT-2's size without a cache", false),
      w4::text<w4::Large>("W4g_prefill", "400 tokens read by the GPT of GPT-2's size, one written", true, 400, 1),
      Workload{"W5copy", "a copy of 2^24 floats, the least that W5gelu can take", nullptr, true},
      Workload{"W5gelu", "gelu(1.5 x + 0.25) of 2^24 floats, by erf", w5::gelu_by_erf, true},
      Workload{"W5gelu_tanh", "the same by tanh", w5::gelu_by_tanh, true},
      Workload{"W5ln", "layer norm over the rows of [4096, 1024]", w5::normed, true},
      Workload{"W5sm", "softmax over the rows of [4096, 1024]", w5::weighed, true},
      w6::work<64, 784, 128>("W6_64x784x128", "matrix product, [64, 784] by [784, 128]"),
      w6::work<256>("W6_256", "matrix product of two [256, 256]"),
      w6::work<512>("W6_512", "matrix product of two [512, 512]"),
      w6::work<1024>("W6_1024", "matrix product of two [1024, 1024]"),
      w6::work<2048>("W6_2048", "matrix product of two [2048, 2048]")};
  return all;
}

}  // namespace vitrine
