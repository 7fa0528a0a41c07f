#include "runtime/kernels.hpp"

#include <array>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {
constexpr std::array<std::pair<std::string_view, Prepare>, 26> kernels{{
    {"gemm", prepare_gemm},
    {"onednn_gemm", prepare_onednn_gemm},
    {"pack_matrix", prepare_pack_matrix},
    {"pack_transposed", prepare_pack_transposed},
    {"quantized_product", prepare_quantized_product},
    {"pack_quantized", prepare_pack_quantized},
    {"elementwise", prepare_elementwise},
    {"sinks", prepare_sinks},
    {"softmax", prepare_softmax},
    {"log_softmax", prepare_log_softmax},
    {"cross_entropy", prepare_cross_entropy},
    {"reduce", prepare_reduce},
    {"convolution", prepare_convolution},
    {"onednn_convolution", prepare_onednn_convolution},
    {"pooling", prepare_pooling},
    {"pooled_gradient", prepare_pooled_gradient},
    {"row_norm", prepare_row_norm},
    {"dropout", prepare_dropout},
    {"gather", prepare_gather},
    {"attention", prepare_attention},
    {"attention_at", prepare_attention_at},
    {"rotary", prepare_rotary},
    {"write_rows", prepare_write_rows},
    {"take_rows", prepare_take_rows},
    {"concat", prepare_concat},
    {"reference", prepare_reference},
}};
}  // namespace

Prepare find_kernel(std::string_view name) {
  for (const auto& [known, prepare] : kernels)
    if (known == name) return prepare;
  throw InternalError("a plan wants the kernel '" + std::string(name) + "', which this program does not have");
}

}  // namespace vitrine
