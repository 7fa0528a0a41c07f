#pragma once
// Kernels over the rows of a contiguous matrix x[rows, N]. Sums run in a fixed order: the bits are the same for every
// number of threads and on every instruction set. A row with a NaN gives NaN.
#include <cstddef>
#include <cstdint>

#include "runtime/function_ref.hpp"
#include "runtime/isa.hpp"
#include "runtime/pool.hpp"
#include "vitrine/dropout_mask.hpp"

namespace vitrine {

/// Called for every block of rows of y, on the thread that made it and as soon as it is complete, so that it is still
/// in cache. The blocks make up y.
using RowsDone = FunctionRef<void(std::size_t row, std::size_t rows)>;

/// y[r, j] = exp(x[r, j] - max_k x[r, k]) / sum_k exp(...), so that nothing overflows. y may be x. A row of which
/// the largest number is infinite gives NaN.
void softmax(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x, float* y, RowsDone done = {});

/// y[r, j] = (x[r, j] - max_k x[r, k]) - log(sum_k exp(x[r, k] - max)): the logarithm of that softmax. y may be x.
void log_softmax(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x, float* y, RowsDone done = {});

/// loss[r] = log(sum_k exp(x[r, k])) - x[r, labels[r]], in nats. Throws InputError for a label outside 0 .. N-1.
void softmax_cross_entropy(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x,
                           const std::int32_t* labels, float* loss);

/// What that loss passes on to x: gradient[r, j] = (softmax(x)[r, j] - (j == labels[r])) * g[r]. gradient may be x.
/// Throws InputError for a label outside 0 .. N-1.
void softmax_cross_entropy_gradient(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x,
                                    const std::int32_t* labels, const float* g, float* gradient);

/// y[r, j] = (x[r, j] - mean[r]) * rstd[r], with rstd[r] = 1 / sqrt(mean of (x[r, j] - mean[r])^2 + eps) and mean[r]
/// that of the row, or 0 if the rows are not centered. Null: y or rstd is not wanted. y may be x. `done` is
/// called once rstd is there too.
void row_norm(Pool& pool, Isa isa, std::size_t rows, std::size_t N, bool centered, float eps, const float* x, float* y,
              float* rstd, RowsDone done = {});

/// y = x * factor where the mask keeps the element, else 0: DropoutMask::apply, faster.
void dropout(Pool& pool, Isa isa, const DropoutMask& mask, float factor, std::size_t n, const float* x, float* y);

}  // namespace vitrine
