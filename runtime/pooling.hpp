#pragma once
// Pooling of images [batch, rows, columns, channels]: the maximum and the mean of windows, and their derivatives. All
// tensors are dense; the bits are the same for any number of threads. The epilogue sees the result as a matrix of
// pixels by channels.
#include "runtime/gemm.hpp"
#include "vitrine/extent.hpp"

namespace vitrine {

/// y and where each maximum lies in its window; either may be null. See ops/max_pool2d.hpp for ties and NaN.
void max_pool(Pool&, Isa, const Windows&, const float* x, float* y, std::uint8_t* places, GemmEpilogue epilogue = {});

/// dx = each window's gradient at the pixel of its place.
void max_pool_scatter(Pool&, Isa, const Windows&, const float* dy, const std::uint8_t* places, float* dx,
                      GemmEpilogue epilogue = {});

/// y = the sum of each window / the number of its places.
void avg_pool(Pool&, Isa, const Windows&, const float* x, float* y, GemmEpilogue epilogue = {});
void avg_pool_gradient(Pool&, Isa, const Windows&, const float* dy, float* dx, GemmEpilogue epilogue = {});

}  // namespace vitrine
