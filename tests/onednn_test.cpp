// oneDNN as the second provider: the same mathematics as the definitions, the same bits for any number of threads, and
// nothing of it in a program that does not want it.
#include <dlfcn.h>

#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "runtime/random.hpp"
#include "tests/named_values.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// Without the library, what a case promises cannot be looked at; that it is optional is then what is tested.
bool onednn_is_here() {
  if (!onednn_missing().empty()) WARN("not tested: " << onednn_missing());
  return onednn_missing().empty();
}

/// A graph whose only output is y, the elements that it adds up for one of y's, and the kernel it should get.
struct Case {
  std::string text;
  std::size_t terms;
  std::string_view kernel;
};

const Case products[] = {
    {"input %a : f32[70, 90] input %b : f32[90, 33] %2 = matmul(%a, %b) : f32[70, 33]", 90, "onednn_gemm"},
    {"input %a : f32[300, 257] input %b : f32[257, 129] %2 = matmul(%a, %b) : f32[300, 129]", 257, "onednn_gemm"},
    {"input %a : f32[1, 400] input %b : f32[400, 64] %2 = matmul(%a, %b) : f32[1, 64]", 400, "onednn_gemm"},
    {"input %a : f32[130, 1] input %b : f32[1, 17] %2 = matmul(%a, %b) : f32[130, 17]", 1, "onednn_gemm"},
    {"input %a : f32[90, 170] input %b : f32[90, 48] %2 = matmul(%a, %b) {transpose_left = true} : f32[170, 48]", 90,
     "onednn_gemm"},
    {"input %a : f32[200, 90] input %b : f32[35, 90] %2 = matmul(%a, %b) {transpose_right = true} : f32[200, 35]", 90,
     "onednn_gemm"},
    {"input %a : f32[90, 70] input %b : f32[33, 90]"
     "%2 = matmul(%a, %b) {transpose_left = true, transpose_right = true} : f32[70, 33]",
     90, "onednn_gemm"},
    {"input %a : f32[3, 40, 50] input %b : f32[3, 50, 20] %2 = matmul(%a, %b) : f32[3, 40, 20]", 50, "onednn_gemm"},
    {"input %a : f32[3, 40, 50] input %b : f32[50, 20] %2 = matmul(%a, %b) : f32[3, 40, 20]", 50, "onednn_gemm"},
    {"input %a : f32[0, 40] input %b : f32[40, 20] %2 = matmul(%a, %b) : f32[0, 20]", 40, "gemm"},
    {"input %a : f32[30, 0] input %b : f32[0, 20] %2 = matmul(%a, %b) : f32[30, 20]", 0, "gemm"},
};

/// All three forms of one convolution: images, weight and result by their sizes, and the attributes.
struct Convolution {
  std::string x, w, y, attributes;
  std::size_t in_terms, out_terms, pixels;  // added up for an element of y, of dx, of dw
  bool here = true;                         // whether oneDNN has fast loops for it
};
const Convolution convolutions[] = {
    {"20, 9, 13, 3", "3, 3, 3, 16", "20, 9, 13, 16", "stride = 1x1, padding = 1x1, groups = 1", 27, 144, 2340},
    {"37, 8, 8, 32", "3, 3, 32, 33", "37, 8, 8, 33", "stride = 1x1, padding = 1x1, groups = 1", 288, 297, 2368},
    {"5, 7, 26, 16", "5, 3, 16, 48", "5, 4, 9, 48", "stride = 2x3, padding = 2x1, groups = 1", 240, 720, 180},
    {"4, 8, 8, 48", "3, 3, 1, 48", "4, 8, 8, 48", "stride = 1x1, padding = 1x1, groups = 48", 9, 9, 256},
    {"3, 10, 10, 64", "3, 3, 32, 64", "3, 5, 5, 64", "stride = 2x2, padding = 1x1, groups = 2", 288, 288, 75},
    {"0, 8, 8, 16", "3, 3, 16, 16", "0, 8, 8, 16", "stride = 1x1, padding = 1x1, groups = 1", 144, 144, 0, false},
};

std::vector<Case> cases() {
  std::vector<Case> made(std::begin(products), std::end(products));
  for (const auto& [x, w, y, attributes, in_terms, out_terms, pixels, here] : convolutions) {
    const std::string_view kernel = here ? "onednn_convolution" : "convolution";
    const auto add = [&](const std::string& a, const std::string& b, const std::string& op, const std::string& more,
                         const std::string& result, std::size_t terms) {
      made.push_back({"input %a : f32[" + a + "] input %b : f32[" + b + "] %2 = " + op + "(%a, %b) {" + attributes +
                          more + "} : f32[" + result + "]",
                      terms, kernel});
    };
    add(x, w, "conv2d", "", y, in_terms);
    add(y, w, "conv2d_input_gradient", ", to = [" + x + "]", x, out_terms);
    add(x, y, "conv2d_weight_gradient", ", to = [" + w + "]", w, pixels);
  }
  return made;
}

Graph graph_of(const std::string& nodes, std::string_view output = "%2") {
  return parse("graph example { " + nodes + " output y = " + std::string(output) + " }");
}

/// The plan's step with a matrix product or a convolution.
const Choice& contraction_choice(const Plan& plan) {
  for (const Step& step : plan.steps)
    if (contraction_of(step)) return step.choice;
  throw std::logic_error("no contraction");
}

std::vector<std::byte> run(const Graph& graph, const Values<float>& leaves, int threads, Provider provider,
                           std::string_view kernel) {
  Pool pool(threads);
  States states(1);
  Program program(compile(graph, CpuTarget(best_isa(), provider)), states, pool, best_isa());
  // Which loops oneDNN has differs from processor to processor; these it has with AVX-512.
  if (best_isa() == Isa::avx512) CHECK(contraction_choice(program.plan()).kernel == kernel);
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::input) program.bind_input(v.node().name, leaves.at(v.id).data());
  program.run();
  const auto first = program.output("y");
  const std::vector<std::byte> made(first.begin(), first.end());
  program.run();  // primitives, scratch and packed weights are used again
  CHECK(std::ranges::equal(made, program.output("y")));
  return made;
}

/// Close to the definition in double, and the same bits for 1, 2 and 4 threads. `graph` must grow with the sizes of its
/// inputs' elements: what it makes of those is what rounding is held against.
void check(Graph graph, std::size_t terms, std::string_view kernel) {
  Values<float> leaves;
  Values<double> exact, sizes;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    const RandomStream random(7, stream_of(v.node().name));
    std::vector<float> x(v.type().shape.elements());
    std::vector<double> wide(x.size()), size(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) wide[i] = x[i] = random.normal(i), size[i] = std::abs(wide[i]);
    const auto copy = [](const auto& numbers) {
      const auto bytes = std::as_bytes(std::span(numbers));
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    leaves[v.id] = copy(x), exact[v.id] = copy(wide), sizes[v.id] = copy(size);
  }
  const Value y = output_of(graph, "y");
  const auto want = numbers<double>(evaluate<double>(graph, exact), y),
             magnitude = numbers<double>(evaluate<double>(graph, sizes), y);
  optimize(graph);
  std::vector<std::byte> first;
  for (const int threads : {1, 2, 4}) {
    const auto bytes = run(graph, leaves, threads, Provider::onednn, kernel);
    if (threads == 1) first = bytes;
    INFO(threads << " threads");
    REQUIRE(bytes == first);
  }
  std::vector<float> got(want.size());
  std::ranges::copy(first, reinterpret_cast<std::byte*>(got.data()));
  const double allowed = 2 * std::sqrt(static_cast<double>(terms) + 2) * 0x1p-24;
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("element " << i << " is " << got[i] << " and not " << want[i]);
    REQUIRE(std::abs(static_cast<double>(got[i]) - want[i]) <= allowed * magnitude[i] + 1e-30);
  }
}

}  // namespace

TEST_CASE("oneDNN computes every product and convolution as defined, the same bits for any number of threads") {
  if (!onednn_is_here()) return;
  for (const Case& c : cases()) {
    INFO(c.text);
    check(graph_of(c.text), c.terms, c.kernel);
  }
}

TEST_CASE("elementwise work that follows is done on each of oneDNN's chunks") {
  if (!onednn_is_here()) return;
  const std::string product = products[1].text +
                              " input %bias : f32[129] input %x : f32[300, 129] %3 = add(%2, %bias) : f32[300, 129]"
                              " %4 = relu(%3) : f32[300, 129] %5 = add(%4, %x) : f32[300, 129]";
  check(graph_of(product, "%5"), 257, "onednn_gemm");
  const std::string batches = products[7].text +
                              " input %x : f32[3, 40, 20] %3 = add(%2, %x) : f32[3, 40, 20]"
                              " %4 = relu(%3) : f32[3, 40, 20]";
  check(graph_of(batches, "%4"), 50, "onednn_gemm");
  const std::string convolution =
      "input %a : f32[20, 9, 13, 3] input %b : f32[3, 3, 3, 16] %2 = conv2d(%a, %b) "
      "{stride = 1x1, padding = 1x1, groups = 1} : f32[20, 9, 13, 16] input %bias : f32[16] "
      "%3 = add(%2, %bias) : f32[20, 9, 13, 16] %4 = relu(%3) : f32[20, 9, 13, 16]";
  check(graph_of(convolution, "%4"), 27, "onednn_convolution");
}

TEST_CASE("oneDNN sees strided operands of a product where they lie, and leaves to us what it cannot") {
  if (!onednn_is_here()) return;
  const auto strided = [](const std::string& operands) {
    return "input %x : f32[60, 100] input %z : f32[50, 100] "
           "%2 = slice(%x) {axis = 1, begin = 10, end = 60, step = 1} : f32[60, 50] "
           "%3 = slice(%x) {axis = 1, begin = 0, end = 100, step = 2} : f32[60, 50] "
           "%4 = slice(%z) {axis = 1, begin = 0, end = 40, step = 1} : f32[50, 40] "
           "input %b : f32[50, 40] input %a : f32[60, 50] %6 = matmul(" +
           operands + ") : f32[60, 40]";
  };
  check(graph_of(strided("%2, %b"), "%6"), 50, "onednn_gemm");  // rows of A far apart
  check(graph_of(strided("%3, %b"), "%6"), 50, "onednn_gemm");  // and columns
  check(graph_of(strided("%a, %4"), "%6"), 50, "gemm");  // rows of B: oneDNN's loops would be those of dnnl_sgemm
}

TEST_CASE("loops of oneDNN that are slow, or slow to begin, are not used") {
  if (!onednn_is_here()) return;
  const std::string by_sgemm =
      "input %x : f32[2, 8, 8, 3] input %dy : f32[2, 4, 4, 3] %2 = conv2d_weight_gradient(%x, %dy) "
      "{stride = 3x3, padding = 2x2, groups = 3, to = [3, 3, 1, 3]} : f32[3, 3, 1, 3]";
  check(graph_of(by_sgemm), 32, "convolution");
  const std::string by_reference =
      "input %dy : f32[1, 10, 10, 1] input %w : f32[31, 31, 1, 1] %2 = conv2d_input_gradient(%dy, %w) "
      "{stride = 1x1, padding = 15x15, groups = 1, to = [1, 10, 10, 1]} : f32[1, 10, 10, 1]";
  check(graph_of(by_reference), 961, "convolution");
}

TEST_CASE("oneDNN starts no threads of its own, and what a program had set for OpenMP is still set after it ran") {
  if (!onednn_is_here()) return;
  void* const openmp = dlopen("libgomp.so.1", RTLD_NOW | RTLD_NOLOAD);
  if (!openmp) return;  // a oneDNN built without it
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(openmp, "omp_set_num_threads"));
  const auto get = reinterpret_cast<int (*)()>(dlsym(openmp, "omp_get_max_threads"));
  const auto threads = [] { return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/task")); };
  const int before = get();
  const auto threads_before = threads();
  set(3);
  check(graph_of(products[1].text), 257, "onednn_gemm");
  CHECK((get() == 3 && threads() == threads_before));
  set(before);
}

namespace {

/// exec on a product, and what the dynamic linker says it opened.
struct Exec {
  Scratch scratch;
  Words words(const std::string& provider) const {
    put(scratch / "a.vit",
        "graph a { state %a : f32[64, 96] = normal(1.0) state %b : f32[96, 80] = normal(1.0) "
        "%2 = matmul(%a, %b) : f32[64, 80] output y = %2 }");
    return {"exec", (scratch / "a.vit").string(), "-o", (scratch / "out.safetensors").string(), "--provider", provider};
  }
};

}  // namespace

TEST_CASE("a process opens oneDNN only if a plan wants it") {
  if (!onednn_is_here()) return;
  const Exec exec;
  const Variable files("LD_DEBUG", "files");
  CHECK_THAT(vitrine_run(exec.words("onednn")).err, Contains("libdnnl"));
  CHECK_THAT(vitrine_run(exec.words("own")).err, !Contains("libdnnl"));
  CHECK_THAT(vitrine_run(exec.words("auto")).err, !Contains("libdnnl"));  // small: not worth it
  CHECK_THAT(vitrine_run({"bench", "one-step"}).err, !Contains("libdnnl"));
}

TEST_CASE("where oneDNN is damaged or missing, asking for it is refused in a sentence and auto does without") {
  const Exec exec;
  const Scratch folder;
  put(folder / "libdnnl.so.2", "no library");
  const Variable path("LD_LIBRARY_PATH", folder.folder().string());
  CHECK_THAT(sentence_of(exec.words("onednn"), 3),
             Contains("exec: --provider onednn: ") && Contains("libdnnl") && Contains("provider own"));
  CHECK(vitrine_run(exec.words("auto")).status == 0);
}

TEST_CASE("bench --tune has works of its own, and -o is for its table") {
  CHECK_THAT(sentence_of({"bench", "W2", "--tune"}, 2), Contains("--tune has works of its own; leave W2 out"));
  CHECK_THAT(sentence_of({"bench", "W7", "-o", "x"}, 2), Contains("-o is for the table of --tune"));
}
