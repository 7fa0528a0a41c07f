#include "tools/image.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <limits>

#include "vitrine/error.hpp"

namespace vitrine {

Image grey_image(std::size_t width, std::size_t height, std::span<const std::uint8_t> pixels) {
  Image image{width, height, {}};
  image.rgb.reserve(pixels.size() * 3);
  for (const std::uint8_t pixel : pixels) image.rgb.insert(image.rgb.end(), 3, pixel);
  return image;
}

Image enlarged(const Image& image, std::size_t factor) {
  Image result{image.width * factor, image.height * factor, {}};
  result.rgb.reserve(image.rgb.size() * factor * factor);
  for (std::size_t y = 0; y < result.height; ++y) {
    for (std::size_t x = 0; x < result.width; ++x) {
      const auto pixel = std::span(image.rgb).subspan((y / factor * image.width + x / factor) * 3, 3);
      result.rgb.insert(result.rgb.end(), pixel.begin(), pixel.end());
    }
  }
  return result;
}

// libpng's "simplified API" (png.h): errors come back in a struct, so no setjmp jumps over destructors.
std::string png(const Image& image) {
  constexpr std::size_t longest_side = std::numeric_limits<std::int32_t>::max() / 4;
  const bool fits = image.width > 0 && image.height > 0 && image.width <= longest_side &&
                    image.height <= longest_side && image.rgb.size() == image.width * image.height * 3;
  if (!fits) {
    throw InternalError(fmt::format("png: {} bytes of colour do not make an image of {} x {} pixels", image.rgb.size(),
                                    image.width, image.height));
  }
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  // Room for the worst case: asking for the size first would compress everything twice.
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(header), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr) == 0) {
    throw InternalError(
        fmt::format("png: libpng could not write {} x {} pixels: {}", image.width, image.height, header.message));
  }
  bytes.resize(size);
  return bytes;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;  // 24 bits, as four digits
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) result += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return result;
}

}  // namespace vitrine
