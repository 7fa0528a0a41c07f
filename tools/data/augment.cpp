#include "tools/data/augment.hpp"

#include "tools/data/shuffle.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Crop crop_of(const Augment& augment, std::uint64_t seed, std::uint64_t epoch, std::uint32_t example) {
  if (augment.pad >= std::size_t{1} << 31)
    throw UsageError("augment: a pad of 2^31 pixels or more is larger than any image; pad less");
  const auto four = draw("augment", seed, epoch, example);
  const std::size_t places = 2 * augment.pad + 1;  // far below 2^32: the remainder's bias is of no account
  return {four[0] % places, four[1] % places, augment.flip && (four[2] & 1) != 0};
}

}  // namespace vitrine
