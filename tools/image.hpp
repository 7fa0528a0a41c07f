#pragma once
// Pictures made of pixels, as PNG, and as text for embedding in SVG.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

struct Image {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;  // height * width * 3, row major, from the top
};

/// One byte a pixel, 0 black to 255 white, row major from the top.
Image grey_image(std::size_t width, std::size_t height, std::span<const std::uint8_t> pixels);

/// Every pixel as a square of `factor` x `factor` pixels.
Image enlarged(const Image& image, std::size_t factor);

/// The bytes of a PNG file. Throws InternalError when `rgb` does not fit the sizes or one of them is zero.
std::string png(const Image& image);

/// RFC 4648, section 4.
std::string base64(std::string_view bytes);

}  // namespace vitrine
