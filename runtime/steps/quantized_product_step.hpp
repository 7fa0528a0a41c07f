#pragma once
#include "runtime/kernels.hpp"

namespace vitrine {

/// Whether a step's head is a product by codes, with one zero or one for each group.
bool is_quantized_product(const Step&);

/// How it runs, but for the time it takes: codes, scales and zeros are packed once if they last, else at every run.
Choice choose_quantized_product(const Step&, Isa);

double quantized_product_multiply_adds(const Step&);

}  // namespace vitrine
