#include "tools/data/shuffle.hpp"

#include <numeric>

#include "vitrine/philox.hpp"

namespace vitrine {

std::array<std::uint32_t, 4> draw(std::string_view purpose, std::uint64_t seed, std::uint64_t epoch,
                                  std::uint32_t number) {
  const std::uint64_t stream = stream_of(purpose) + epoch;
  return philox({number, 0, static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
                {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = count; i > 1; --i) {
    const auto four = draw("shuffle", seed, epoch, static_cast<std::uint32_t>(i));
    // 64 random bits over at most 2^32 places: the bias of the remainder is below 2^-32.
    std::swap(order[i - 1], order[(std::uint64_t{four[0]} << 32 | four[1]) % i]);
  }
  return order;
}

}  // namespace vitrine
