#pragma once
// Numbers around zero as pictures: what a model learned to want at each place, and what it learned to shun.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/image.hpp"

namespace vitrine {

/// Numbers [rows, columns], row major from the top.
struct SignedMap {
  std::string title;
  std::string below, above;  // what a number below zero, and one above, speaks for
  std::size_t rows = 0, columns = 0;
  std::vector<float> numbers;
};

/// The colour of an amount from -1 over 0 to 1: blue, white, vermillion; grey for what is not finite.
std::array<std::uint8_t, 3> signed_shade(double amount);

/// These colours in a row, 129 pixels, from the amount `low` to `high`.
Image signed_bar(double low, double high);

/// The maps side by side: blue below zero, white at zero, vermillion above, as deep as the number is far from zero.
/// Each map has a scale of its own, and under it a bar that tells its ends; what is not finite is grey. Throws
/// InternalError when a map's numbers do not fill its rows and columns.
std::string signed_maps(std::string_view title, std::span<const SignedMap> maps);

}  // namespace vitrine
