#include "compiler/weight_codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/error.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {

namespace {

/// What a group's numbers become: number is about scale * (code - zero).
struct GroupScale {
  float scale = 0, zero = 0;
};
/// The codes that a format has.
struct CodeRange {
  int least, most;
};

std::uint16_t scale_bits(float scale) { return to_bfloat16(scale); }
GroupScale rounded(float scale, float zero) { return {from_bfloat16(scale_bits(scale)), zero}; }

float inverse_of(float scale) {
  const float inverse = 1.f / scale;
  return inverse - inverse == 0.f ? inverse : 0.f;  // a scale of 0, or too small to be divided by
}
/// A code, rounded to nearest and stopped at the ends.
int code_of(float x, float inverse, float zero, CodeRange range) {
  const float scaled = x * inverse + zero, least = static_cast<float>(range.least),
              most = static_cast<float>(range.most);
  return static_cast<int>(nearest_even(scaled < least ? least : scaled > most ? most : scaled));
}

double squared_error(std::span<const float> group, const GroupScale& with, CodeRange range) {
  const float inverse = inverse_of(with.scale);
  float sum = 0;
  for (const float x : group) {
    const float off = x - with.scale * (static_cast<float>(code_of(x, inverse, with.zero, range)) - with.zero);
    sum += off * off;
  }
  return static_cast<double>(sum);
}

/// A zero of a group's own, in whole sixteenths of a byte.
float own_zero(float zero) {
  constexpr float steps = zero_steps, most = 255;
  const float sixteenths = nearest_even(zero * steps);
  return (sixteenths > 0 ? sixteenths < most ? sixteenths : most : 0) / steps;
}

/// The scale with which the ends of the group have codes.
GroupScale by_maximum(std::span<const float> group, const WeightFormat& format, CodeRange range) {
  const auto [least, most] = std::ranges::minmax(group);
  if (format.symmetric) {
    const bool eight = format.precision == Precision::int8;
    return rounded(std::max(-least, most) / (eight ? 127.f : 7.f), eight ? 0.f : 8.f);
  }
  const float low = std::min(least, 0.f), high = std::max(most, 0.f);  // a zero is a code
  const float scale = (high - low) / static_cast<float>(range.most);
  return rounded(scale, own_zero(-low * inverse_of(scale)));
}

/// The scale and the zero that leave the smallest squared error with the codes that others make: a line through points
/// (code, number), by least squares; with one zero for all a line through that.
GroupScale fitted(std::span<const float> group, const GroupScale& with, const WeightFormat& format, CodeRange range) {
  const float inverse = inverse_of(with.scale), count = static_cast<float>(group.size());
  float codes = 0, numbers = 0, squares = 0, products = 0;
  for (const float x : group) {
    const auto code = static_cast<float>(code_of(x, inverse, with.zero, range)) - (format.symmetric ? with.zero : 0.f);
    codes += code, numbers += x, squares += code * code, products += x * code;
  }
  if (format.symmetric) return squares == 0 ? with : rounded(products / squares, with.zero);
  const float spread = count * squares - codes * codes;
  if (spread == 0) return with;
  const GroupScale line = rounded((count * products - codes * numbers) / spread, 0);
  return {line.scale, own_zero((codes - numbers * inverse_of(line.scale)) / count)};
}

/// Of scales about the maximum's, and zeros next to its own, those with the smallest squared error, of equals the
/// first; then fitted to the codes that they make, and these to them, for as long as the error falls.
GroupScale by_squared_error(std::span<const float> group, const WeightFormat& format, CodeRange range) {
  constexpr int first = -2, last = 20, reach = 2, rounds = 8;
  constexpr float each = 0.02f;
  const GroupScale widest = by_maximum(group, format, range);
  GroupScale best = widest;
  double least = squared_error(group, widest, range);
  const auto keep_if_better = [&](const GroupScale& tried) {
    const double error = squared_error(group, tried, range);
    if (error >= least) return false;
    least = error, best = tried;
    return true;
  };
  const int offs = format.symmetric ? 0 : reach;
  for (int off = -offs; off <= offs && least > 0; ++off)
    for (int step = first; step < last; ++step) {
      const GroupScale narrower = rounded(widest.scale * (1.f - each * static_cast<float>(step)), widest.zero);
      GroupScale tried = narrower;
      if (off != 0) tried.zero = own_zero(widest.zero + 0.5f * static_cast<float>(off));
      keep_if_better(tried);
      if (!format.symmetric) keep_if_better(fitted(group, tried, format, range));
    }
  for (int round = 0; round < rounds; ++round)
    if (!keep_if_better(fitted(group, best, format, range))) break;
  return best;
}

/// A weight as lines of numbers that are added up by products: its columns, which begin side by side, or its rows.
struct Lines {
  std::size_t count, size;
  std::size_t beside;  // how many lines begin side by side

  /// Where number k lies of a line that has `of_line` of them.
  std::size_t place(std::size_t line, std::size_t k, std::size_t of_line) const {
    return line / beside * beside * of_line + line % beside + k * beside;
  }
};
Lines lines_of(const QuantizableWeight& weight) {
  const Shape& shape = weight.type.shape;
  const std::size_t last = shape[-1].size, others = shape.elements() / last;
  return shape.rank() > 2 || weight.axis == 0 ? Lines{last, others, last} : Lines{others, last, 1};
}

[[noreturn]] void refuse(const QuantizableWeight& weight, std::size_t element, float x) {
  throw InputError(
      fmt::format("quantize: element {} of '{}' is {}, and no scale fits it; repair or train the model "
                  "again",
                  element, weight.name, x));
}

class Coding {
 public:
  Coding(const QuantizableWeight& weight, const WeightFormat& format, std::span<const float> elements)
      : weight_(weight),
        format_(format),
        elements_(elements),
        lines_(lines_of(weight)),
        group_(format.group == 0 ? lines_.size : format.group),
        groups_(groups_of(lines_.size, group_)),
        range_(format.precision == Precision::int8 ? CodeRange{-127, 127}
               : format.symmetric                  ? CodeRange{1, 15}
                                                   : CodeRange{0, 15}) {
    const WeightStates states = states_of(weight, format);
    made_.codes.resize(states.codes.bytes());
    if (states.has_scales()) made_.scales.resize(states.scales.bytes());
    if (states.has_zeros()) made_.zeros.resize(states.zeros.bytes());
  }

  WeightCodes run(const ForEachPart& each) {
    constexpr std::size_t together = 64;
    const std::size_t parts = (lines_.count + together - 1) / together;
    std::vector<double> errors(parts), sums(parts);  // added up in order, so that the bits are those of one thread
    const auto part = [&](std::size_t p) {
      for (std::size_t line = p * together; line < std::min(lines_.count, (p + 1) * together); ++line)
        code_line(line, errors[p], sums[p]);
    };
    if (each)
      each(parts, part);
    else
      for (std::size_t p = 0; p < parts; ++p) part(p);
    for (std::size_t p = 0; p < parts; ++p) made_.squared_error += errors[p], made_.squared_sum += sums[p];
    return std::move(made_);
  }

 private:
  void code_line(std::size_t line, double& error, double& sum) {
    std::vector<float> numbers(lines_.size);
    for (std::size_t k = 0; k < lines_.size; ++k) {
      const std::size_t at = lines_.place(line, k, lines_.size);
      numbers[k] = elements_[at];
      if (!std::isfinite(numbers[k])) refuse(weight_, at, numbers[k]);
      sum += static_cast<double>(numbers[k]) * static_cast<double>(numbers[k]);
    }
    if (format_.precision == Precision::bf16) return code_bf16(line, numbers, error);
    for (std::size_t g = 0; g < groups_; ++g) {
      const std::size_t first = g * group_, count = std::min(group_, lines_.size - first);
      const std::span<const float> group = std::span(numbers).subspan(first, count);
      const GroupScale with = format_.scale_by == ScaleBy::maximum ? by_maximum(group, format_, range_)
                                                                   : by_squared_error(group, format_, range_);
      const std::size_t of_group = lines_.place(line, g, groups_);
      const std::uint16_t bits = scale_bits(with.scale);
      std::memcpy(made_.scales.data() + of_group * sizeof(bits), &bits, sizeof(bits));
      if (!made_.zeros.empty())
        made_.zeros[of_group] = static_cast<std::byte>(with.zero * static_cast<float>(zero_steps));
      const float inverse = inverse_of(with.scale);
      for (std::size_t i = 0; i < count; ++i) {
        const int code = code_of(group[i], inverse, with.zero, range_);
        put(line, first + i, code);
        const double off =
            static_cast<double>(group[i]) -
            static_cast<double>(with.scale) * (static_cast<double>(code) - static_cast<double>(with.zero));
        error += off * off;
      }
    }
  }
  void code_bf16(std::size_t line, std::span<const float> numbers, double& error) {
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const std::uint16_t bits = to_bfloat16(numbers[k]);
      const double off = static_cast<double>(numbers[k]) - static_cast<double>(from_bfloat16(bits));
      error += off * off;
      std::memcpy(made_.codes.data() + lines_.place(line, k, lines_.size) * sizeof(bits), &bits, sizeof(bits));
    }
  }
  void put(std::size_t line, std::size_t k, int code) {
    if (format_.precision == Precision::int8) {
      made_.codes[lines_.place(line, k, lines_.size)] = static_cast<std::byte>(static_cast<std::int8_t>(code));
      return;
    }
    const auto [byte, upper] = int4_place(k, lines_.size, group_);
    std::byte& two = made_.codes[lines_.place(line, byte, int4_bytes(lines_.size, group_))];
    two |= static_cast<std::byte>(upper ? code << 4 : code);
  }

  const QuantizableWeight& weight_;
  const WeightFormat& format_;
  std::span<const float> elements_;
  Lines lines_;
  std::size_t group_, groups_;
  CodeRange range_;
  WeightCodes made_{};
};

}  // namespace

WeightCodes quantize_weight(const QuantizableWeight& weight, const WeightFormat& format,
                            std::span<const float> elements, const ForEachPart& each) {
  if (elements.size() != weight.type.shape.elements())
    throw InternalError(fmt::format("'{}' has {} elements, and {} were given", weight.name,
                                    weight.type.shape.elements(), elements.size()));
  return Coding(weight, format, elements).run(each);
}

double signal_to_noise(double squared_sum, double squared_error) {
  return 10 * std::log10(squared_sum / squared_error);
}

}  // namespace vitrine
