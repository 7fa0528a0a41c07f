#pragma once
// The list of ops. Adding an op: write ops/<name>.hpp, include it and name it here. Nothing else.
#include "vitrine/as.hpp"
#include "vitrine/clamp.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/accumulate.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/argmax.hpp"
#include "vitrine/ops/attention.hpp"
#include "vitrine/ops/attention_at.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/binary_cross_entropy.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/cross_entropy_gradient.hpp"
#include "vitrine/ops/cumulative_sum.hpp"
#include "vitrine/ops/dequantize.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/dropout.hpp"
#include "vitrine/ops/equal.hpp"
#include "vitrine/ops/erf.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/fake_quantize.hpp"
#include "vitrine/ops/flip.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/gelu.hpp"
#include "vitrine/ops/gelu_tanh.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/greater_equal.hpp"
#include "vitrine/ops/inverse_size.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/leaky_relu.hpp"
#include "vitrine/ops/log.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/logical_and.hpp"
#include "vitrine/ops/logical_not.hpp"
#include "vitrine/ops/logical_or.hpp"
#include "vitrine/ops/logical_xor.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/max_pool2d.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/one_hot.hpp"
#include "vitrine/ops/pad.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/pooled_gradients.hpp"
#include "vitrine/ops/pow.hpp"
#include "vitrine/ops/quantize_rows.hpp"
#include "vitrine/ops/quantized_attention_at.hpp"
#include "vitrine/ops/quantized_matmul.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/rotary.hpp"
#include "vitrine/ops/row_norm.hpp"
#include "vitrine/ops/scatter_add.hpp"
#include "vitrine/ops/sigmoid.hpp"
#include "vitrine/ops/silu.hpp"
#include "vitrine/ops/sin.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/ops/softmax.hpp"
#include "vitrine/ops/softplus.hpp"
#include "vitrine/ops/split.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/take_rows.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/ops/transpose.hpp"
#include "vitrine/ops/unpack_int4.hpp"
#include "vitrine/ops/variance.hpp"
#include "vitrine/ops/when_training.hpp"
#include "vitrine/ops/where.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

template <class... Ops> struct List {};
using EveryOp =
    List<Abs, Accumulate, Add, Argmax, Attention, AttentionAt, AttentionKeyGradient, AttentionLogsumexp,
         AttentionQueryGradient, AttentionValueGradient, AvgPool2d, AvgPool2dGradient, BinaryCrossEntropy, BroadcastTo,
         Cast, Concat, Conv2d, Conv2dInputGradient, Conv2dWeightGradient, Cos, CrossEntropy, CrossEntropyGradient,
         CumulativeSum, Dequantize<false>, Dequantize<true>, Div, Drop, Equal, Erf, Exp, FakeQuantize, Flip, Gather,
         Gelu, GeluTanh, Greater, GreaterEqual, InverseSize, Iota, LeakyRelu, Log, LogSoftmax, LogicalAnd, LogicalNot,
         LogicalOr, LogicalXor, Map, Matmul, MaxPool2d, MaxPool2dGather, MaxPool2dPlace, MaxPool2dScatter, MaxTo,
         Maximum, Mean, Minimum, Mul, Neg, OneHot, Pad, Permute, PooledConv2dInputGradient, PooledConv2dWeightGradient,
         PooledSum, Pow, QuantizeRows, QuantizedAttentionAt, QuantizedMatmul<false>, QuantizedMatmul<true>, Relu,
         Rename, Reshape, Rotary, RowNorm<false>, RowNorm<true>, RowNormScale<false>, RowNormScale<true>, RowScales,
         ScatterAdd, Sigmoid, Silu, Sin, Slice, Softmax, Softplus, Sqrt, Sub, SumTo, TakeRows, Tanh, Transpose,
         UnpackInt4, Variance, WhenTraining, Where, WriteRows>;

}  // namespace vitrine
