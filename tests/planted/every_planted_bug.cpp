#include "tests/planted/planted_bug.hpp"

namespace vitrine {

std::vector<PlantedBug> every_planted_bug() {
  std::vector<PlantedBug> all;
  for (const auto& some : {bugs_of_rewrites(), bugs_of_rules(), bugs_of_recognition(), bugs_of_derivatives(),
                           bugs_of_programs(), bugs_of_few_bits()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace vitrine
