#pragma once
// The list of ops. Adding an op: write ops/<name>.hpp, include it and name it here. Nothing else.
#include "vitrine/as.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/accumulate.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/equal.hpp"
#include "vitrine/ops/erf.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/gelu.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/inverse_size.hpp"
#include "vitrine/ops/log.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/one_hot.hpp"
#include "vitrine/ops/relu.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/sigmoid.hpp"
#include "vitrine/ops/sin.hpp"
#include "vitrine/ops/softmax.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/tanh.hpp"
#include "vitrine/ops/transpose.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

template <class... Ops> struct List {};
using EveryOp = List<Abs, Accumulate, Add, BroadcastTo, Cast, Cos, CrossEntropy, Div, Equal, Erf, Exp, Gelu, Greater,
                     InverseSize, Log, Map, Matmul, Maximum, Mean, Minimum, Mul, Neg, OneHot, Relu, Rename, Reshape,
                     Sigmoid, Sin, Softmax, Sqrt, Sub, SumTo, Tanh, Transpose, Where>;

}  // namespace vitrine
