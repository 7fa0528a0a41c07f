#include "compiler/planted.hpp"

namespace vitrine {

Planted& planted() {
  static Planted bugs;
  return bugs;
}

}  // namespace vitrine
