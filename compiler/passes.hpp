#pragma once
// The list of passes. Adding a pass: write passes/<name>.cpp and name it here, twice. Nothing else.
#include <algorithm>
#include <functional>
#include <span>

#include "compiler/rewriter.hpp"

namespace vitrine {

/// What a pass promises about the numbers.
enum class Contract : std::uint8_t {
  exact,     // the same bits
  reorders,  // the same mathematics, other rounding
  lossy,     // another result, within a metric the pass states
  changes    // another meaning, on purpose: the pass says which
};
constexpr std::string_view name_of(Contract c) {
  constexpr std::array<std::string_view, 4> names{"exact", "reorders", "lossy", "changes"};
  return names[static_cast<std::size_t>(c)];
}

/// When a pass runs.
enum class When : std::uint8_t {
  in_rounds,  // with the others, until none changes anything
  at_the_end  // once, when those have come to rest: it gets the graph ready for steps
};

struct Pass {
  std::string_view name;
  Contract contract;
  std::string_view equation;  // before => after
  void (*run)(Graph&, Rewriter&);
  When when = When::in_rounds;
  double tolerance = 0;  // of a lossy pass: how far its values may be off, as a share of theirs, in the mean square
};

void inference(Graph&, Rewriter&);
void fold_batch_norm(Graph&, Rewriter&);
void recognize_rows(Graph&, Rewriter&);
void recognize_cross_entropy(Graph&, Rewriter&);
void recognize_attention(Graph&, Rewriter&);
void integer_products(Graph&, Rewriter&);
void training(Graph&, Rewriter&);
void fold_constants(Graph&, Rewriter&);
void simplify_algebra(Graph&, Rewriter&);
void move_permutes(Graph&, Rewriter&);
void fold_transposes(Graph&, Rewriter&);
void merge_products(Graph&, Rewriter&);
void move_dequantize(Graph&, Rewriter&);
void pool_before_relu(Graph&, Rewriter&);
void keep_to_maxima(Graph&, Rewriter&);
void merge_duplicates(Graph&, Rewriter&);
void remove_unused(Graph&, Rewriter&);
void repeat_producers(Graph&, Rewriter&);
void group_elementwise(Graph&, Rewriter&);

inline constexpr std::array every_pass{
    Pass{"inference", Contract::changes, "when_training(x, y) => y, and no state changes: a model in use", inference},
    Pass{"fold_batch_norm", Contract::reorders,
         "(conv2d(x, w) + b) * scale => conv2d(x, w * scale) + b * scale, if scale comes from parameters",
         fold_batch_norm},
    Pass{"recognize_rows", Contract::reorders,
         "exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x), and log_softmax, layer_norm and rms_norm, however they "
         "are written",
         recognize_rows},
    Pass{"recognize_cross_entropy", Contract::reorders,
         "-sum(one_hot(c) * log_softmax(x)) => cross_entropy(x, c), however it is written", recognize_cross_entropy},
    Pass{"recognize_attention", Contract::reorders,
         "softmax(scale * q kT, masked or not) v => attention(q, k, v), however it is written", recognize_attention},
    Pass{"integer_products", Contract::reorders,
         "matmul(fake_quantize(x), dequantize(c, s)) => quantized_matmul(x, c, s), whole numbers and a scale for each "
         "group",
         integer_products, When::at_the_end},
    Pass{"training", Contract::exact, "when_training(x, y) => x", training},
    Pass{"fold_constants", Contract::exact, "f(1.0, 2.0) => the number it is", fold_constants},
    Pass{"simplify_algebra", Contract::exact, "x * 1 => x, x / 1 => x, x - 0 => x, neg(neg(x)) => x, ...",
         simplify_algebra},
    Pass{"move_permutes", Contract::exact, "permute(f(permute(x))) => f(x), where fewer permutes are left",
         move_permutes},
    Pass{"fold_transposes", Contract::exact,
         "transpose(transpose(x)) => x, permute(permute(x)) => permute(x), matmul(transpose(a), b) => matmul(a, b) "
         "{transpose_left}",
         fold_transposes},
    Pass{"merge_products", Contract::exact, "matmul(x, a), matmul(x, b) => slices of matmul(x, concat(a, b))",
         merge_products},
    Pass{"move_dequantize", Contract::exact,
         "gather(dequantize(c, s), i) => dequantize(gather(c, i), gather(s, i)), and the like", move_dequantize},
    Pass{"pool_before_relu", Contract::exact,
         "max_pool2d(relu(x)) => relu(max_pool2d(x)), and the same on the way back", pool_before_relu},
    Pass{
        "keep_to_maxima", Contract::exact,
        "conv2d_weight_gradient(x, max_pool2d_scatter(dy, p)) => pooled_conv2d_weight_gradient(x, dy, p), and the like",
        keep_to_maxima},
    Pass{"merge_duplicates", Contract::exact, "f(x), f(x) => f(x)", merge_duplicates},
    Pass{"remove_unused", Contract::exact, "a node that nothing reads => nothing", remove_unused},
    Pass{"repeat_producers", Contract::exact, "f(x), g(f(x)), h(f(x)) => f(x) in the step of g, and in that of h",
         repeat_producers, When::at_the_end},
    Pass{"group_elementwise", Contract::exact, "f(x), then g of it, element by element, and sums of that => one step",
         group_elementwise, When::at_the_end},
};

/// What a compilation of a model in use runs: every pass.
inline constexpr std::span<const Pass> inference_pipeline = every_pass;
/// What a compilation runs that was not asked for a model in use: all but `inference` and the passes that reorder, the
/// first six. Each of them is exact: the same bits before and after.
inline constexpr std::span<const Pass> default_pipeline = inference_pipeline.subspan(6);
/// What runs over a graph that goes on from what it kept (compiler/continuation.hpp): its states are to be updated, and
/// it may be in few bits.
inline constexpr std::span<const Pass> decode_pipeline = inference_pipeline.subspan(5);
/// What runs over a model before it is differentiated (compiler/optimizers.hpp): what it computes is told by meaning,
/// for behind the gradients its parts are read by them too. These reorder; what nothing reads then goes.
inline constexpr std::array recognition_pipeline{every_pass[2], every_pass[3], every_pass[4],
                                                 *std::ranges::find(every_pass, "remove_unused", &Pass::name)};

/// The passes with these names, comma-separated, in this order. UsageError with the nearest name for an unknown one.
std::vector<Pass> passes_named(std::string_view names);

/// Says of what a pass did whether it stands.
class Judge {
 public:
  virtual ~Judge() = default;
  /// The pass has made `after` of `before`, a graph that the verifier accepts, by these rewrites.
  virtual bool accepts(const Graph& before, const Graph& after, const Pass&, std::span<const Rewrite>) = 0;
  /// The pass broke off with an InternalError, or made what the verifier refuses, by the rewrites so far.
  virtual void broke(const Graph& before, const Pass&, std::span<const Rewrite>, const std::string& why) = 0;
};

struct PipelineOptions {
  bool verify_each = true;
  /// Whether what is done is kept, to be shown. If not, the record that is handed out only counts, and costs nothing.
  bool record = true;
  /// The pipeline ends after so many rewrites of all its passes together.
  std::size_t most_rewrites = no_limit;
  /// Asked after each pass that changed something. What it does not accept is undone, and that pass runs no more.
  Judge* judge = nullptr;
  /// Called after each pass that changed something, with the round (from 1) it did so in.
  std::function<void(const Graph&, const Pass&, std::size_t round)> after_pass{};
  /// Told what begins, so that a clock outside can be read: a pass by its name, or "verify".
  std::function<void(std::string_view stage)> at_stage{};
};

/// Runs the passes that rewrite until none does anything, each time through the whole list, then those that annotate,
/// and hands out what they did. The graph is verified before the first and after each: a break is an InternalError
/// that names the pass.
Record optimize(Graph&, std::span<const Pass> = default_pipeline, const PipelineOptions& = {});

}  // namespace vitrine
