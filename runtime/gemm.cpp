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

/// What is copied. Of B all panels before the product, because every chunk of rows reads them, or only the last one
/// where it is not full and read more than once. Of A what a chunk is about to read, by the thread that has the chunk:
/// a copy of all of A would leave the caches before it is read.
struct Copies {
  bool a = false, b = false, b_edge = false;
  std::size_t b_floats = 0, b_edge_floats = 0;
  std::size_t bytes() const { return (b_floats + b_edge_floats) * sizeof(float) + alignment; }
};

Copies copies_of(const GemmKernels& kernels, GemmSize size, bool pack_a, bool pack_b) {
  const std::size_t b_panels = divide_up(size.N, kernels.columns);
  const bool edge = !pack_b && size.N % kernels.columns != 0 && size.M > kernels.rows;
  const auto floats = [&](bool wanted, std::size_t panels) {
    return wanted ? round_up(panels * kernels.columns * size.K, alignment / sizeof(float)) : 0;
  };
  return {pack_a, pack_b, edge, floats(pack_b, b_panels), floats(edge, 1)};
}

/// Where a thread packs the rows of A that its chunk reads next: most_chunk_rows x longest_depth numbers, which stay in
/// the second-level cache.
float* block_of_a() {
  alignas(alignment) static thread_local float block[most_chunk_rows * longest_depth];
  return block;
}

/// A can always be read in place; it is copied where that would touch another cache line for every number and the
/// copy is read often enough.
bool worth_packing_a(GemmSize size, const Matrix& a) {
  if (a.column_stride == 1 || a.column_stride == 0) return false;
  return size.K > 128 && size.N > 64;
}

/// The columns of B must lie side by side. Where they do, a copy pays only when very many row panels read it: its rows
/// in place fall into few sets of the first cache, but the second one hands them out fast enough. (One thread of a
/// Zen 5: 64 x 784 x 128 runs at 257 GFLOP/s in place and 226 with a copy, 256 x 1024 x 1024 at 244 and 222, 2048^3 at
/// 222 and 237.) A B that no cache holds is copied for fewer: the copy reads it in one stream, the panels in pieces of
/// two lines. (384 x 2048 x 1536: 168 in place and 197 with a copy, 384 x 2048 x 384 at 225 and 207.)
bool worth_packing_b(GemmSize size, const Matrix& b) {
  return (b.column_stride != 1 && size.N != 1) || size.M > (size.K * size.N > most_cached_floats ? 192u : 384u);
}

Copies copies_of(const GemmKernels& kernels, GemmSize size, const Matrix& a, const Matrix& b, bool b_is_packed) {
  if (b_is_packed) return {.a = worth_packing_a(size, a)};
  return copies_of(kernels, size, worth_packing_a(size, a), worth_packing_b(size, b));
}

std::ptrdiff_t offset(std::size_t count, std::ptrdiff_t stride) { return static_cast<std::ptrdiff_t>(count) * stride; }

void fill_zero(GemmSize size, float* c, std::ptrdiff_t c_row_stride) {
  for (std::size_t i = 0; i < size.M; ++i) std::fill_n(c + offset(i, c_row_stride), size.N, 0.0f);
}

/// Panels of `width` lanes, one after the other; lanes beyond the last are zero.
void pack_panels(const PanelSource& from, std::size_t width, PackRows pack_rows, float* out) {
  std::size_t lane = 0;
  if (from.lane_stride == 1) {
    const std::size_t whole = from.lanes / width;
    pack_rows(from.data, from.k_stride, from.depth, whole, out);
    lane = whole * width;
  }
  for (; lane < from.lanes; lane += width) {
    PanelSource panel = from;
    panel.data += offset(lane, from.lane_stride);
    panel.lanes = std::min(width, from.lanes - lane);
    pack_panel(panel, width, out + lane * from.depth);
  }
}

/// Packs panels [panel, end) of B.
void pack_b(const GemmKernels& kernels, std::size_t K, std::size_t N, const Matrix& b, std::size_t panel,
            std::size_t end, float* out) {
  const std::size_t lanes = kernels.columns, column = panel * lanes;
  pack_panels(
      {b.data + offset(column, b.column_stride), b.column_stride, b.row_stride, std::min(end * lanes, N) - column, K},
      lanes, kernels.pack_b, out);
}

/// Packs all panels, a few to a chunk, so that a chunk is worth handing out.
void pack_b(Pool& pool, const GemmKernels& kernels, std::size_t K, std::size_t N, const Matrix& b, float* out) {
  const std::size_t panels = divide_up(N, kernels.columns), panel_floats = kernels.columns * K;
  const std::size_t together = divide_up(32768, std::max<std::size_t>(1, panel_floats));
  pool.run(divide_up(panels, together), [&](std::size_t chunk, std::size_t) {
    const std::size_t panel = chunk * together;
    pack_b(kernels, K, N, b, panel, std::min(panels, panel + together), out + panel * panel_floats);
  });
}

/// A block that spans all of C, with depth still to be set. `packed_b` and `packed_edge` are null where B is not
/// packed, or not at its edge.
GemmBlock whole_block(const GemmKernels& kernels, GemmSize size, const Matrix& a, const Matrix& b,
                      const float* packed_b, const float* packed_edge) {
  GemmBlock block{};
  const auto rows = static_cast<std::ptrdiff_t>(kernels.rows), columns = static_cast<std::ptrdiff_t>(kernels.columns);
  block.a = a.data, block.a_panel = rows * a.row_stride, block.a_row = a.row_stride, block.a_step = a.column_stride;
  if (packed_b) {
    block.b = packed_b, block.b_panel = columns * static_cast<std::ptrdiff_t>(size.K), block.b_step = columns;
    block.b_edge = packed_b + size.N / kernels.columns * kernels.columns * size.K;
  } else {
    block.b = b.data, block.b_panel = columns, block.b_step = b.row_stride;
    block.b_edge = packed_edge;
  }
  block.b_edge_step = columns;
  block.b_edge_in_place = !packed_b && !packed_edge;
  if (block.b_edge_in_place) {
    block.b_edge = b.data + size.N / kernels.columns * kernels.columns;
    block.b_edge_step = b.row_stride;
  }
  return block;
}

/// The block's rows of A over its depth, in panels; `a` is where they begin.
void pack_a(const GemmKernels& kernels, const Matrix& a, GemmBlock& block) {
  float* const packed = block_of_a();
  pack_panels({a.data, a.row_stride, a.column_stride, block.rows, block.depth}, kernels.rows, kernels.pack_a, packed);
  block.a = packed, block.a_panel = static_cast<std::ptrdiff_t>(kernels.rows * block.depth);
  block.a_row = 1, block.a_step = static_cast<std::ptrdiff_t>(kernels.rows);
}

}  // namespace

std::size_t gemm_workspace(Isa isa, GemmSize size, const Matrix& a, const Matrix& b, bool b_is_packed) {
  return copies_of(gemm_kernels_of(isa), size, a, b, b_is_packed).bytes();
}

std::size_t gemm_workspace(Isa isa, GemmSize size) { return copies_of(gemm_kernels_of(isa), size, true, true).bytes(); }

std::size_t gemm_packed_floats(Isa isa, std::size_t K, std::size_t N) {
  return round_up(N, gemm_kernels_of(isa).columns) * K;
}

void gemm_pack(Pool& pool, Isa isa, std::size_t K, std::size_t N, const Matrix& b, float* packed) {
  pack_b(pool, gemm_kernels_of(isa), K, N, b, packed);
}

std::size_t gemm_chunk_columns(Isa isa, GemmSize size, const Matrix& a) {
  const GemmKernels kernels = gemm_kernels_of(isa);
  return grid_of(size, kernels.rows, kernels.columns, worth_packing_a(size, a)).columns;
}

void gemm(Pool& pool, Isa isa, GemmSize size, const Matrix& a, const Matrix& b, float* c, std::ptrdiff_t c_row_stride,
          std::span<std::byte> workspace, GemmEpilogue epilogue, const float* packed_b) {
  if (size.M == 0 || size.N == 0) return;
  if (size.K == 0) {
    fill_zero(size, c, c_row_stride);
    if (epilogue) epilogue(0, size.M, 0, size.N);
    return;
  }
  const GemmKernels kernels = gemm_kernels_of(isa);
  const Copies copies = copies_of(kernels, size, a, b, packed_b != nullptr);
  if (workspace.size() < copies.bytes()) {
    throw InternalError("gemm needs a workspace of " + std::to_string(copies.bytes()) + " bytes and was given " +
                        std::to_string(workspace.size()) + ": ask gemm_workspace");
  }
  const std::size_t to_align = (alignment - reinterpret_cast<std::uintptr_t>(workspace.data()) % alignment) % alignment;
  float* const aligned = reinterpret_cast<float*>(workspace.data() + to_align);
  if (copies.b) pack_b(pool, kernels, size.K, size.N, b, aligned), packed_b = aligned;
  const std::size_t last_panel = size.N / kernels.columns;
  if (copies.b_edge) pack_b(kernels, size.K, size.N, b, last_panel, last_panel + 1, aligned);
  const GemmBlock whole = whole_block(kernels, size, a, b, packed_b, copies.b_edge ? aligned : nullptr);
  const GemmGrid grid = grid_of(size, kernels.rows, kernels.columns, copies.a);
  const std::size_t depth = block_depth(size.K);

  pool.run(grid.chunks(), [&](std::size_t chunk, std::size_t) {
    const auto [row, column] = grid.begin_of(chunk);
    GemmBlock block = whole;
    block.rows = std::min(grid.rows, size.M - row);
    block.columns = std::min(grid.columns, size.N - column);
    block.c = c + offset(row, c_row_stride) + static_cast<std::ptrdiff_t>(column);
    block.c_row_stride = c_row_stride;
    for (std::size_t k = 0; k < size.K; k += depth) {
      block.depth = std::min(depth, size.K - k);
      block.accumulate = k > 0;
      const Matrix from{a.data + offset(row, a.row_stride) + offset(k, a.column_stride), a.row_stride, a.column_stride};
      if (copies.a)
        pack_a(kernels, from, block);
      else
        block.a = from.data;
      block.b = whole.b + offset(column / kernels.columns, whole.b_panel) + offset(k, whole.b_step);
      block.b_edge = whole.b_edge + offset(k, whole.b_edge_step);
      kernels.multiply(block);
    }
    if (epilogue) epilogue(row, block.rows, column, block.columns);
  });
}

}  // namespace vitrine
