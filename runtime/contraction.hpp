#pragma once
// What decides how fast a matrix product or a convolution is: its form and its sizes.
#include <array>
#include <cstdint>
#include <string_view>

namespace vitrine {

/// The sizes of a product are M, N, K and how many batches. Those of a convolution are images, pixels of a result,
/// places of the kernel, places that the stride moves by, channels in and channels out of one group, groups: pixels,
/// places and strides count rows times columns.
struct Contraction {
  // A product's form says which operands are stored with their columns, and not their rows, contiguous.
  enum class Form : std::uint8_t {
    product,
    product_left_turned,
    product_right_turned,
    product_both_turned,
    convolution,
    convolution_input_gradient,
    convolution_weight_gradient,
  };
  static constexpr std::array<std::string_view, 7> form_names{
      "product",     "product_left_turned",        "product_right_turned",       "product_both_turned",
      "convolution", "convolution_input_gradient", "convolution_weight_gradient"};
  static constexpr std::size_t stride = 3;  // where the stride is among a convolution's sizes

  Form form = Form::product;
  std::array<std::uint64_t, 7> sizes{1, 1, 1, 1, 1, 1, 1};
  bool operator==(const Contraction&) const = default;

  bool is_product() const { return form < Form::convolution; }
  std::string_view name() const { return form_names[static_cast<std::size_t>(form)]; }
  double multiply_adds() const {
    double made = 1;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (is_product() || i != stride) made *= static_cast<double>(sizes[i]);
    return made;
  }
};

}  // namespace vitrine
