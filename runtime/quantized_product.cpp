#include "runtime/quantized_product.hpp"

#include <string>

#include "runtime/quantized_lines.hpp"
#include "vitrine/error.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {

namespace {

constexpr std::size_t line = 64;
/// Of a second-level cache of 512 KiB and more, beside what else it holds.
constexpr std::size_t held_by_a_core = 320 << 10;

QuantizedTable table_of(Isa isa) {
  static const bool vnni = usable(Isa::avx512) && __builtin_cpu_supports("avx512vnni");
  switch (isa) {
    case Isa::portable: return quantized_table_portable();
    case Isa::avx2: return quantized_table_avx2();
    case Isa::avx512: return vnni ? quantized_table_vnni() : quantized_table_avx2();
  }
  throw InternalError("a product by codes was asked for an instruction set that does not exist");
}

/// Where codes of rows lie in a workspace, their sums and their scales.
struct RowCodes {
  std::size_t codes_row, codes, sums, scales;  // bytes
  std::size_t bytes() const { return codes + sums + scales + line; }
};

RowCodes row_codes(const QuantizedTable& table, const QuantizedSize& size, std::size_t M) {
  const GroupLines of = lines_of(size);
  const std::size_t numbers = round_up((size.four_bits ? 8 : 4) * all_lines(of), line);
  const std::size_t row = numbers * (size.wide_rows ? table.wide_bytes : table.narrow_bytes);
  return {row, M * row, round_up(M * of.groups * 2 * sizeof(std::int32_t), line), round_up(M * sizeof(float), line)};
}

/// Chunks of rows and of panels.
struct Chunks {
  std::size_t rows, panels, row_chunks, panel_chunks;
  bool by_panels;  // all chunks of the same panels come one after the other
};

/// What a thread takes at once is some rows by some panels: about 2 to 10 microseconds, less if the product is larger
/// than so many of 16 parts. Shorter and it would fetch ahead what another thread reads (see PanelProduct::far), and
/// sharing out would cost too much. The bits do not depend on it.
Chunks chunks_of(const QuantizedSize& size, std::size_t M, std::size_t panels) {
  constexpr std::size_t most_rows = 96, register_rows = 6;
  constexpr double bytes_per_ns = 50, products_per_ns = 400, least_ns = 2000, most_ns = 10000, parts = 16;
  const std::size_t rows = std::min(M, round_up(divide_up(M, divide_up(M, most_rows)), register_rows));
  const double work = static_cast<double>(rows) * static_cast<double>(size.K) * (size.wide_rows ? 2 : 1);
  const double codes = static_cast<double>(bytes_of_vector(size)) * vectors_of_panel;
  const double panel_ns = std::max(codes / bytes_per_ns, 64 * work / products_per_ns) + 1;
  const std::size_t row_chunks = divide_up(M, rows);
  const double all_ns = panel_ns * static_cast<double>(panels) * static_cast<double>(row_chunks);
  const double wanted = std::clamp(all_ns / parts, least_ns, most_ns) / panel_ns;
  const auto together = static_cast<std::size_t>(std::clamp(wanted, 1.0, static_cast<double>(panels)));
  const bool cached = codes * static_cast<double>(panels) <= most_cached_floats * sizeof(float);
  return {rows, together, row_chunks, divide_up(panels, together), size.N > M || !cached};
}

}  // namespace

std::size_t quantized_workspace(Isa isa, const QuantizedSize& size, std::size_t M) {
  return row_codes(table_of(isa), size, M).bytes();
}

void quantized_product(Pool& pool, Isa isa, const QuantizedSize& size, const QuantizedRows& by,
                       const std::uint8_t* packed, std::int32_t zero, std::span<std::byte> workspace,
                       GemmEpilogue epilogue) {
  if (by.M == 0 || size.N == 0) return;
  const QuantizedTable table = table_of(isa);
  const RowCodes rows = row_codes(table, size, by.M);
  if (workspace.size() < rows.bytes())
    throw InternalError("a product by codes needs a workspace of " + std::to_string(rows.bytes()) +
                        " bytes and was given " + std::to_string(workspace.size()) + ": ask quantized_workspace");
  const std::size_t to_align = (line - reinterpret_cast<std::uintptr_t>(workspace.data()) % line) % line;
  auto* const codes = reinterpret_cast<std::uint8_t*>(workspace.data() + to_align);
  auto* const sums = reinterpret_cast<std::int32_t*>(codes + rows.codes);
  auto* const scales = reinterpret_cast<float*>(codes + rows.codes + rows.sums);
  const GroupLines of = lines_of(size);

  const std::size_t coded_together = std::max<std::size_t>(1, (1 << 15) / std::max<std::size_t>(1, size.K));
  pool.run(divide_up(by.M, coded_together), [&](std::size_t chunk, std::size_t) {
    const std::size_t row = chunk * coded_together;
    const RowsToCode part{.of = of,
                          .rows = std::min(coded_together, by.M - row),
                          .K = size.K,
                          .group = group_of(size),
                          .halves = size.four_bits,
                          .x = by.x + static_cast<std::ptrdiff_t>(row) * by.x_row,
                          .x_row = by.x_row,
                          .most = most_code(size.wide_rows ? 16 : 8),
                          .zero = size.zeros ? 0 : zero,
                          .steps = size.zeros ? zero_steps : 1,
                          .codes = codes + row * rows.codes_row,
                          .codes_row = rows.codes_row,
                          .sums = sums + row * 2 * of.groups,
                          .scales = scales + row};
    table.code_rows(part, size.wide_rows);
  });

  constexpr std::size_t panel = vectors_of_panel * columns_of_vector;
  const std::size_t panels = divide_up(size.N, panel), panel_bytes = vectors_of_panel * bytes_of_vector(size);
  const Chunks chunks = chunks_of(size, by.M, panels);
  pool.run(chunks.row_chunks * chunks.panel_chunks, [&](std::size_t chunk, std::size_t) {
    const std::size_t row = chunks.rows * (chunks.by_panels ? chunk % chunks.row_chunks : chunk / chunks.panel_chunks);
    const std::size_t first =
        chunks.panels * (chunks.by_panels ? chunk / chunks.row_chunks : chunk % chunks.panel_chunks);
    const std::size_t last = std::min(panels, first + chunks.panels), count = std::min(chunks.rows, by.M - row);
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t columns = std::min(panel, size.N - i * panel);
      table.multiply({.of = of,
                      .panel = packed + i * panel_bytes,
                      .vectors = divide_up(columns, columns_of_vector),
                      .columns = columns,
                      .rows = count,
                      .codes = codes + row * rows.codes_row,
                      .codes_row = rows.codes_row,
                      .sums = sums + row * 2 * of.groups,
                      .scales = scales + row,
                      .c = by.c + static_cast<std::ptrdiff_t>(row) * by.c_row + static_cast<std::ptrdiff_t>(i * panel),
                      .c_row = by.c_row,
                      .far = panels * panel_bytes > held_by_a_core},
                     {size.four_bits, size.wide_rows, size.zeros});
    }
    if (epilogue) epilogue(row, count, first * panel, std::min(size.N, last * panel) - first * panel);
  });
}

}  // namespace vitrine
