#include "runtime/tile_kernels.hpp"

namespace vitrine {

const TileTable& tile_table_portable() {
  static constexpr TileTable table = make_tile_table();
  return table;
}

}  // namespace vitrine
