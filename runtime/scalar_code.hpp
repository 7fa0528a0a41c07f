#pragma once
// A scalar kernel made ready to run: as machine code of its own where that can be had, and as a program over tiles.
#include <memory>

#include "runtime/jit/compiled_kernel.hpp"
#include "runtime/tile_interpreter.hpp"

namespace vitrine {

/// Built once, read by any number of threads. Both ways give the same bits.
class ScalarCode {
 public:
  enum class Way : std::uint8_t { fastest, interpreted };

  ScalarCode(const Kernel& kernel, Isa isa, Way way = Way::fastest)
      : tiles_(kernel),
        table_(&tile_table(isa)),
        compiled_(way == Way::fastest ? CompiledKernel::make(kernel, isa) : nullptr) {}

  const TileProgram& tiles() const { return tiles_; }
  const TileTable& table() const { return *table_; }
  /// Null where tiles are interpreted.
  const CompiledKernel* compiled() const { return compiled_.get(); }

 private:
  TileProgram tiles_;
  const TileTable* table_;
  std::shared_ptr<const CompiledKernel> compiled_;
};

}  // namespace vitrine
