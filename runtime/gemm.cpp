#include "runtime/gemm.hpp"

#include <cstdint>
#include <string>

#include "runtime/gemm_block.hpp"
#include "runtime/gemm_grid.hpp"
#include "runtime/pack.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

GemmKernels gemm_kernels_of(Isa isa) {
  switch (isa) {
    case Isa::portable: return gemm_kernels_portable();
    case Isa::avx2: return gemm_kernels_avx2();
    case Isa::avx512: return gemm_kernels_avx512();
  }
  throw InternalError("gemm was asked for an instruction set that does not exist");
}

namespace {

constexpr std::size_t alignment = 64;

/// What is copied before the product: whole panels of A, of B, and the last panel of B where it is not full.
struct Packing {
  std::size_t a_panels, b_panels;  // that are packed: all or none
  bool b_edge;
  std::size_t a_floats, b_floats, b_edge_floats;
  std::size_t bytes() const { return (a_floats + b_floats + b_edge_floats) * sizeof(float) + alignment; }
};

Packing packing_of(const GemmKernels& kernels, GemmSize size, bool pack_a, bool pack_b) {
  const std::size_t a_panels = divide_up(size.M, kernels.rows);
  const std::size_t b_panels = divide_up(size.N, kernels.columns);
  const bool edge = !pack_b && size.N % kernels.columns != 0;
  const auto floats = [&](bool wanted, std::size_t panels, std::size_t lanes) {
    return wanted ? round_up(panels * lanes * size.K, alignment / sizeof(float)) : 0;
  };
  return {pack_a ? a_panels : 0,
          pack_b ? b_panels : 0,
          edge,
          floats(pack_a, a_panels, kernels.rows),
          floats(pack_b, b_panels, kernels.columns),
          floats(edge, 1, kernels.columns)};
}

/// A can always be read in place; it is copied where that would touch another cache line for every number and the
/// copy is read often enough.
bool worth_packing_a(GemmSize size, const Matrix& a) {
  if (a.column_stride == 1 || a.column_stride == 0) return false;
  return size.K > 128 && size.N > 64;
}

/// The columns of B must lie side by side. Where they do, a copy still pays as soon as several row panels read it: its
/// rows in place fall into few sets of the cache.
bool worth_packing_b(GemmSize size, const Matrix& b) { return b.column_stride != 1 || size.M > 24; }

Packing packing_of(const GemmKernels& kernels, GemmSize size, const Matrix& a, const Matrix& b) {
  return packing_of(kernels, size, worth_packing_a(size, a), worth_packing_b(size, b));
}

std::ptrdiff_t offset(std::size_t count, std::ptrdiff_t stride) { return static_cast<std::ptrdiff_t>(count) * stride; }

void fill_zero(GemmSize size, float* c, std::ptrdiff_t c_row_stride) {
  for (std::size_t i = 0; i < size.M; ++i) std::fill_n(c + offset(i, c_row_stride), size.N, 0.0f);
}

/// Packs what is to be packed and answers a block that spans all of C, with depth still to be set.
GemmBlock pack(Pool& pool, const GemmKernels& kernels, const Packing& packing, GemmSize size, const Matrix& a,
               const Matrix& b, float* workspace) {
  float* const packed_a = workspace;
  float* const packed_b = packed_a + packing.a_floats;
  float* const packed_edge = packed_b + packing.b_floats;
  const std::size_t lane_rows = kernels.rows;
  const std::size_t lane_columns = kernels.columns;
  const std::size_t full_columns = size.N / lane_columns * lane_columns;

  const auto pack_a = [&](std::size_t panel) {
    const std::size_t row = panel * lane_rows;
    pack_panel(
        {a.data + offset(row, a.row_stride), a.row_stride, a.column_stride, std::min(lane_rows, size.M - row), size.K},
        lane_rows, packed_a + row * size.K);
  };
  const auto pack_b = [&](std::size_t panel, float* out) {
    const std::size_t column = panel * lane_columns;
    pack_panel({b.data + offset(column, b.column_stride), b.column_stride, b.row_stride,
                std::min(lane_columns, size.N - column), size.K},
               lane_columns, out);
  };
  if (packing.b_edge) pack_b(size.N / lane_columns, packed_edge);
  // A few panels to a chunk, so that a chunk is worth handing out.
  const std::size_t panels = packing.a_panels + packing.b_panels;
  const std::size_t together = divide_up(32768, size.K * lane_columns);
  pool.run(divide_up(panels, together), [&](std::size_t chunk, std::size_t) {
    for (std::size_t i = chunk * together; i < std::min(panels, (chunk + 1) * together); ++i) {
      if (i < packing.a_panels)
        pack_a(i);
      else
        pack_b(i - packing.a_panels, packed_b + (i - packing.a_panels) * lane_columns * size.K);
    }
  });

  GemmBlock block{};
  const auto rows = static_cast<std::ptrdiff_t>(lane_rows);
  const auto columns = static_cast<std::ptrdiff_t>(lane_columns);
  const auto depth = static_cast<std::ptrdiff_t>(size.K);
  if (packing.a_panels > 0) {
    block.a = packed_a, block.a_panel = rows * depth, block.a_row = 1, block.a_step = rows;
  } else {
    block.a = a.data, block.a_panel = rows * a.row_stride, block.a_row = a.row_stride, block.a_step = a.column_stride;
  }
  if (packing.b_panels > 0) {
    block.b = packed_b, block.b_panel = columns * depth, block.b_step = columns;
    block.b_edge = packed_b + full_columns * size.K;
  } else {
    block.b = b.data, block.b_panel = columns, block.b_step = b.row_stride;
    block.b_edge = packed_edge;
  }
  block.b_edge_step = columns;
  return block;
}

}  // namespace

std::size_t gemm_workspace(Isa isa, GemmSize size, const Matrix& a, const Matrix& b) {
  return packing_of(gemm_kernels_of(isa), size, a, b).bytes();
}

std::size_t gemm_workspace(Isa isa, GemmSize size) {
  return packing_of(gemm_kernels_of(isa), size, true, true).bytes();
}

void gemm(Pool& pool, Isa isa, GemmSize size, const Matrix& a, const Matrix& b, float* c, std::ptrdiff_t c_row_stride,
          std::span<std::byte> workspace, GemmEpilogue epilogue) {
  if (size.M == 0 || size.N == 0) return;
  if (size.K == 0) {
    fill_zero(size, c, c_row_stride);
    if (epilogue) epilogue(0, size.M, 0, size.N);
    return;
  }
  const GemmKernels kernels = gemm_kernels_of(isa);
  const Packing packing = packing_of(kernels, size, a, b);
  if (workspace.size() < packing.bytes()) {
    throw InternalError("gemm needs a workspace of " + std::to_string(packing.bytes()) + " bytes and was given " +
                        std::to_string(workspace.size()) + ": ask gemm_workspace");
  }
  const std::size_t to_align = (alignment - reinterpret_cast<std::uintptr_t>(workspace.data()) % alignment) % alignment;
  float* const aligned = reinterpret_cast<float*>(workspace.data() + to_align);
  const GemmBlock whole = pack(pool, kernels, packing, size, a, b, aligned);
  const GemmGrid grid = grid_of(size, kernels.rows, kernels.columns);
  const std::size_t depth = block_depth(size.K);

  pool.run(grid.chunks(), [&](std::size_t chunk, std::size_t) {
    const std::size_t row = chunk / grid.column_chunks * grid.rows;
    const std::size_t column = chunk % grid.column_chunks * grid.columns;
    GemmBlock block = whole;
    block.rows = std::min(grid.rows, size.M - row);
    block.columns = std::min(grid.columns, size.N - column);
    block.c = c + offset(row, c_row_stride) + static_cast<std::ptrdiff_t>(column);
    block.c_row_stride = c_row_stride;
    for (std::size_t k = 0; k < size.K; k += depth) {
      block.depth = std::min(depth, size.K - k);
      block.accumulate = k > 0;
      block.a = whole.a + offset(row / kernels.rows, whole.a_panel) + offset(k, whole.a_step);
      block.b = whole.b + offset(column / kernels.columns, whole.b_panel) + offset(k, whole.b_step);
      block.b_edge = whole.b_edge + offset(k, whole.b_edge_step);
      kernels.multiply(block);
    }
    if (epilogue) epilogue(row, block.rows, column, block.columns);
  });
}

}  // namespace vitrine
