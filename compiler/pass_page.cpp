// One entry for each pass, in the order of the list in passes.hpp. The examples are the golden graphs of that name
// (tests/golden/<pass>/<name>.vit), which a test holds them to. Nothing is said here of a pass that has one rule: that
// is said of the rule.
#include "compiler/pass_page.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

#include "compiler/rule_page.hpp"

namespace vitrine {

namespace {

std::vector<PassPage> written() {
  return {
      PassPage{"inference",
               "The graph of a model in use is made of one that trains: dropout goes, batch norm reads its running "
               "statistics, and no state changes.",
               "Always allowed, and the only pass that means another thing than what was written: it runs only where "
               "a model in use is asked for.",
               R"(graph takes_the_second {
  input %x : f32[2, 3]
  %1 = exp(%x) : f32[2, 3]
  %2 = tanh(%x) : f32[2, 3]
  %3 = when_training(%1, %2) : f32[2, 3]
  %4 = relu(%3) : f32[2, 3]
  output y = %4
}
)"},
      PassPage{"fold_batch_norm", "", "",
               R"(graph product {
  input %x : f32[batch 16, 3]
  state %w : f32[3, 4] = normal(0.5)
  state %b : f32[4] = 0.0
  state %deviation : f32[4] = 1.0
  %4 = matmul(%x, %w) : f32[batch 16, 4]
  %5 = add(%b, %4) : f32[batch 16, 4]
  %6 = div(%5, %deviation) : f32[batch 16, 4]
  output y = %6
}
)"},
      PassPage{"recognize_rows",
               "Many small steps over rows that together compute softmax, log_softmax, layer_norm or rms_norm become "
               "that op, which is one kernel.",
               "The steps are run in double on rows that tell such functions apart and must agree on all of them; a "
               "form that overflows where the kernel does not, or of which a part is read elsewhere, is turned down.",
               R"(graph softmax {
  input %x : f32[batch 2, kind 5]
  %1 = max_to(%x) {to = [batch 2, 1]} : f32[batch 2, 1]
  %2 = sub(%x, %1) : f32[batch 2, kind 5]
  %3 = exp(%2) : f32[batch 2, kind 5]
  %4 = sum_to(%3) {to = [batch 2, 1]} : f32[batch 2, 1]
  %5 = div(%3, %4) : f32[batch 2, kind 5]
  output y = %5
}
)"},
      PassPage{"recognize_cross_entropy", "", "",
               R"(graph one_hot {
  input %x : f32[batch 3, kind 4]
  input %label : i32[batch 3]
  %2 = log_softmax(%x) : f32[batch 3, kind 4]
  %3 = one_hot(%label) {along = kind 4} : f32[batch 3, kind 4]
  %4 = mul(%3, %2) : f32[batch 3, kind 4]
  %5 = sum_to(%4) {to = [batch 3, 1]} : f32[batch 3, 1]
  %6 = neg(%5) : f32[batch 3, 1]
  %7 = mean(%6) : f32[]
  output loss = %7
}
)"},
      PassPage{"recognize_attention",
               "Attention written out, wherever its scale and its mask stand, becomes the op attention, which never "
               "stores all scores at once.",
               "For every pair of query and key the score must be their product times one number, or minus infinity "
               "where a causal mask or a window says so; another mask, or weights that are read elsewhere, are "
               "turned down with the pair that differs.",
               R"(graph one_head {
  input %q : f32[3, 4]
  input %k : f32[5, 4]
  input %v : f32[5, 6]
  %3 = transpose(%k) : f32[4, 5]
  %4 = matmul(%q, %3) : f32[3, 5]
  %5 = div(%4, 2.0) : f32[3, 5]
  %6 = softmax(%5) : f32[3, 5]
  %7 = matmul(%6, %v) : f32[3, 6]
  output y = %7
}
)"},
      PassPage{"integer_products",
               "Products by weights in few bits are made of whole numbers, and no weight is ever made as floats.",
               "Rows must have been rounded (fake_quantize) and groups lie along the axis that is added up; a group "
               "whose sum may need more than 32 bits stays as it was.",
               R"(graph layer {
  input %x : f32[batch 2, in 4]
  state %codes : i8[in 4, out 3]
  state %scales : bf16[2, out 3]
  state %bias : f32[out 3]
  %1 = dequantize(%codes, %scales) {axis = 0, group = 2, zero = 0} : f32[in 4, out 3]
  %2 = fake_quantize(%x) {bits = 16} : f32[batch 2, in 4]
  %3 = matmul(%2, %1) : f32[batch 2, out 3]
  %4 = add(%3, %bias) : f32[batch 2, out 3]
  output y = %4
}
)"},
      PassPage{"training", "", "",
               R"(graph takes_the_first {
  input %x : f32[2, 3]
  state %s : f32[2, 3] = 0.0
  %2 = exp(%x) : f32[2, 3]
  %3 = tanh(%x) : f32[2, 3]
  %4 = when_training(%2, %3) : f32[2, 3]
  %5 = mul(%4, %4) : f32[2, 3]
  output y = %4
  update %s = %5
}
)"},
      PassPage{"fold_constants", "", "",
               R"(graph chain {
  input %x : f32[3]
  %1 = mul(2.0, 0.5) : f32[]
  %2 = add(%1, 3.0) : f32[]
  %3 = sqrt(%2) : f32[]
  %4 = mul(%x, %3) : f32[3]
  output y = %4
}
)"},
      PassPage{"simplify_algebra", "What an identity of algebra says is the same, and is simpler, takes its place.",
               "Only identities that hold for every float are used, NaN, infinities and signed zero included: x * 0 "
               "is not 0 where x is infinite, and x + 0 is not x where x is -0, so both are turned down.",
               R"(graph safe_identities {
  input %x : f32[3]
  %1 = mul(%x, 1.0) : f32[3]
  %2 = mul(1.0, %1) : f32[3]
  %3 = div(%2, 1.0) : f32[3]
  %4 = sub(%3, 0.0) : f32[3]
  %5 = add(%4, -0.0) : f32[3]
  %6 = neg(%5) : f32[3]
  %7 = neg(%6) : f32[3]
  %8 = tanh(%7) : f32[3]
  output y = %8
}
)"},
      PassPage{"move_permutes",
               "Elementwise work that stands between permutes is done in the order of axes that leaves fewer of "
               "them.",
               "A region of elementwise nodes of one shape is turned only if more permutes go than come; no number "
               "changes, only the order in which elements lie.",
               R"(graph another_order {
  input %x : f32[4, 2, 3]
  input %z : f32[3, 2, 4]
  %2 = permute(%x) {order = [1, 2, 0]} : f32[2, 3, 4]
  %3 = permute(%z) {order = [1, 0, 2]} : f32[2, 3, 4]
  %4 = mul(%2, %3) : f32[2, 3, 4]
  %5 = permute(%4) {order = [2, 0, 1]} : f32[4, 2, 3]
  output y = %5
}
)"},
      PassPage{"fold_transposes",
               "A product reads a transposed operand as it lies, by a flag, and permutes that follow each other "
               "become one.",
               "Always allowed where an operand of a product is a transpose; the transpose stays while something "
               "else reads it.",
               R"(graph both_sides {
  input %a : f32[4, 2]
  input %b : f32[3, 4]
  %1 = transpose(%a) : f32[2, 4]
  %2 = transpose(%b) : f32[4, 3]
  %3 = matmul(%1, %2) : f32[2, 3]
  output y = %3
}
)"},
      PassPage{"merge_products", "", "",
               R"(graph queries_keys_values {
  input %x : f32[time 8, token 4]
  state %q : f32[token 4, query 4]
  state %k : f32[token 4, key 2]
  state %v : f32[token 4, value 2]
  %1 = matmul(%x, %q) : f32[time 8, query 4]
  %2 = matmul(%x, %k) : f32[time 8, key 2]
  %3 = matmul(%x, %v) : f32[time 8, value 2]
  output q = %1
  output k = %2
  output v = %3
}
)"},
      PassPage{"move_dequantize",
               "What moves numbers about moves their codes instead, until they stand before a product or where few of "
               "them are left.",
               "Nothing may be moved along the axis that groups lie along, and what is put together must have codes "
               "of one kind.",
               R"(graph table {
  input %token : i32[batch 2, time 3]
  state %codes : i8[token 5, width 4]
  state %scales : bf16[token 5, 2]
  %1 = dequantize(%codes, %scales) {axis = 1, group = 2, zero = 0} : f32[token 5, width 4]
  %2 = gather(%1, %token) {axis = 0} : f32[batch 2, time 3, width 4]
  output y = %2
}
)"},
      PassPage{"pool_before_relu",
               "The maximum of a window is taken before relu and not behind it: relu then has fewer elements.",
               "All that reads the relu must be pools of the same windows, and on the way back its mask; "
               "relu(max(x)) and max(relu(x)) are the same number in every case, NaN included.",
               R"(graph forward {
  input %x : f32[batch 2, 4, 4, 3]
  %1 = relu(%x) : f32[batch 2, 4, 4, 3]
  %2 = max_pool2d(%1) {window = 2x2, stride = 2x2, padding = 0x0} : f32[batch 2, 2, 2, 3]
  output y = %2
}
)"},
      PassPage{
          "keep_to_maxima",
          "Behind a max pool only one pixel of each window has a gradient: what a convolution passes on is made of "
          "those, and the images of zeros are neither stored nor multiplied.",
          "Windows of 4 places or more that lie side by side, a convolution that moves by one pixel, and nothing "
          "else that reads the images; what is written for it means the same by definition.",
          R"(graph way_back {
  input %x : f32[batch 2, 4, 4, 3]
  input %w : f32[3, 3, 3, 5]
  input %b : f32[5]
  input %dy : f32[batch 2, 2, 2, 5]
  %4 = conv2d(%x, %w) {stride = 1x1, padding = 1x1, groups = 1} : f32[batch 2, 4, 4, 5]
  %5 = add(%4, %b) : f32[batch 2, 4, 4, 5]
  %6 = max_pool2d_place(%5) {window = 2x2, stride = 2x2, padding = 0x0} : u8[batch 2, 2, 2, 5]
  %7 = max_pool2d_scatter(%dy, %6) {window = 2x2, stride = 2x2, padding = 0x0, to = [batch 2, 4, 4, 5]} : f32[batch 2, 4, 4, 5]
  %8 = conv2d_weight_gradient(%x, %7) {stride = 1x1, padding = 1x1, groups = 1, to = [3, 3, 3, 5]} : f32[3, 3, 3, 5]
  %9 = conv2d_input_gradient(%7, %w) {stride = 1x1, padding = 1x1, groups = 1, to = [batch 2, 4, 4, 3]} : f32[batch 2, 4, 4, 3]
  %10 = sum_to(%7) {to = [5]} : f32[5]
  output dw = %8
  output dx = %9
  output db = %10
}
)"},
      PassPage{"merge_duplicates", "", "",
               R"(graph twins {
  input %x : f32[2, 2]
  %1 = matmul(%x, %x) {transpose_left = true} : f32[2, 2]
  %2 = matmul(%x, %x) {transpose_left = true} : f32[2, 2]
  %3 = tanh(%1) : f32[2, 2]
  %4 = tanh(%2) : f32[2, 2]
  %5 = add(%3, %4) : f32[2, 2]
  output y = %5
}
)"},
      PassPage{"remove_unused", "", "",
               R"(graph dead_chain {
  input %x : f32[2]
  input %unread : f32[2]
  state %w : f32[2] = 0.5
  constant %1 = [1.0, 2.0] : f32[2]
  %2 = add(%x, %1) : f32[2]
  %3 = mul(%2, %w) : f32[2]
  %4 = tanh(%3) : f32[2]
  %5 = relu(%x) : f32[2]
  output y = %5
}
)"},
      PassPage{"repeat_producers",
               "A cheap value that steps apart from each other read is computed in each of them and not stored, and a "
               "mask that several read is made for each.",
               "What it spares in bytes must be more than what is read and computed again; nothing dear is repeated, "
               "and nothing that a product reads from memory.",
               R"(graph centred {
  input %x : f32[batch 8, 16]
  input %gain : f32[width 32]
  state %w : f32[16, width 32] = normal(0.5)
  %1 = matmul(%x, %w) : f32[batch 8, width 32]
  %2 = sum_to(%1) {to = [width 32]} : f32[width 32]
  %3 = mul(%gain, %1) : f32[batch 8, width 32]
  %4 = mean(%3) {to = [batch 8, 1]} : f32[batch 8, 1]
  %5 = sub(%3, %4) : f32[batch 8, width 32]
  output columns = %2
  output y = %5
}
)"},
      PassPage{"group_elementwise", "", "",
               R"(graph matmul_leads {
  input %x : f32[batch 4, 3]
  state %w : f32[3, 2] = normal(0.5)
  state %b : f32[2] = 0.0
  %1 = matmul(%x, %w) : f32[batch 4, 2]
  %2 = add(%1, %b) : f32[batch 4, 2]
  %3 = relu(%2) : f32[batch 4, 2]
  output y = %3
}
)"},
  };
}

/// Where nothing is written of a pass, what is said of its only rule.
std::vector<PassPage> filled(std::vector<PassPage> pages) {
  for (PassPage& page : pages) {
    const auto rules = rules_of(page.pass);
    if (!page.statement.empty() || rules.size() != 1) continue;
    page.statement = rules[0].statement;
    page.legality = std::string(rules[0].legal_if) + ".";
    page.legality[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(page.legality[0])));
  }
  return pages;
}

}  // namespace

const PassPage* page_of(std::string_view pass) {
  static const std::vector<PassPage> pages = filled(written());
  const auto page = std::ranges::find(pages, pass, &PassPage::pass);
  return page == pages.end() ? nullptr : &*page;
}

}  // namespace vitrine
