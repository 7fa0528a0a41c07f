// A matrix of few bits, copied into the order in which products read it.
#include <cstring>

#include "runtime/quantized_lines.hpp"

namespace vitrine {

namespace {

/// Where a panel's columns begin in the matrix, and how many there are of them.
struct Columns {
  std::size_t first, count, vectors;
};

class Packer {
 public:
  Packer(const QuantizedSize& size, const QuantizedMatrix& from)
      : size_(size),
        from_(from),
        lines_(lines_of(size)),
        flip_(from.is_signed && !size.four_bits ? 0x80808080u : 0u),
        row_bytes_(from.turned ? all_bytes() : size.N) {}

  void pack(Columns columns, std::uint8_t* to) const {
    const std::size_t lanes = columns.vectors * columns_of_vector;
    for (std::size_t g = 0; g < lines_.groups; ++g) {
      copy(from_.scales, columns, lanes, g, to);
      to += 2 * lanes;
      if (size_.zeros) {
        copy(from_.zeros, columns, lanes, g, to);
        to += lanes;
      }
      const std::size_t begin = g * bytes_of_codes(size_, group_of(size_)),
                        end = begin + bytes_of_codes(size_, std::min(group_of(size_), size_.K - g * group_of(size_)));
      for (std::size_t at = begin; at < end; at += 4, to += 4 * lanes)
        pack_line(columns, lanes, at, std::min<std::size_t>(4, end - at), to);
    }
  }

 private:
  std::size_t all_bytes() const {
    const std::size_t whole = size_.K == 0 ? 0 : lines_.groups - 1;
    return whole * bytes_of_codes(size_, group_of(size_)) +
           bytes_of_codes(size_, size_.K - whole * group_of(size_));
  }

  /// What each group has one of.
  template <class Number>
  void copy(const Number* from, Columns columns, std::size_t lanes, std::size_t group, std::uint8_t* to) const {
    const std::size_t group_step = from_.turned ? 1 : size_.N, column_step = from_.turned ? lines_.groups : 1;
    from += group * group_step + columns.first * column_step;
    for (std::size_t c = 0; c < columns.count; ++c)
      std::memcpy(to + c * sizeof(Number), from + c * column_step, sizeof(Number));
    std::memset(to + columns.count * sizeof(Number), 0, (lanes - columns.count) * sizeof(Number));
  }

  /// Four bytes of each column, from byte `at` on; fewer at the end of a group.
  void pack_line(Columns columns, std::size_t lanes, std::size_t at, std::size_t count, std::uint8_t* to) const {
    const std::uint8_t* const from =
        from_.codes + (from_.turned ? columns.first * row_bytes_ + at : at * row_bytes_ + columns.first);
    if (count < 4) std::memset(to, 0, 4 * lanes);
    if (from_.turned)
      for (std::size_t c = 0; c < columns.count; ++c) put(from + c * row_bytes_, count, to + 4 * c);
    else if (count == 4)
      interleave(from, columns.count, to);
    else
      for (std::size_t j = 0; j < count; ++j)
        for (std::size_t c = 0; c < columns.count; ++c)
          to[4 * c + j] = static_cast<std::uint8_t>(from[j * row_bytes_ + c] ^ (flip_ & 0xff));
    std::memset(to + 4 * columns.count, 0, 4 * (lanes - columns.count));
  }

  void put(const std::uint8_t* from, std::size_t count, std::uint8_t* to) const {
    std::uint32_t four = 0;
    if (count == 4)
      std::memcpy(&four, from, 4);
    else
      std::memcpy(&four, from, count);
    four ^= flip_;
    std::memcpy(to, &four, 4);
  }

  /// Bytes of four rows, column by column.
  void interleave(const std::uint8_t* from, std::size_t columns, std::uint8_t* to) const {
    const std::uint8_t *const b = from + row_bytes_, *const c = b + row_bytes_, *const d = c + row_bytes_;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::uint32_t four = std::uint32_t{from[i]} | std::uint32_t{b[i]} << 8 | std::uint32_t{c[i]} << 16 |
                                 std::uint32_t{d[i]} << 24;
      const std::uint32_t flipped = four ^ flip_;
      std::memcpy(to + 4 * i, &flipped, 4);
    }
  }

  QuantizedSize size_;
  QuantizedMatrix from_;
  GroupLines lines_;
  std::uint32_t flip_;
  std::size_t row_bytes_;
};

}  // namespace

std::size_t quantized_packed_bytes(const QuantizedSize& size) {
  return divide_up(size.N, columns_of_vector) * bytes_of_vector(size);
}

void quantized_pack(Pool& pool, const QuantizedSize& size, const QuantizedMatrix& from, std::uint8_t* packed) {
  const Packer packer(size, from);
  const std::size_t panel_bytes = vectors_of_panel * bytes_of_vector(size);
  constexpr std::size_t panel = vectors_of_panel * columns_of_vector, worth_a_chunk = 1 << 18;
  const std::size_t panels = divide_up(size.N, panel);
  const std::size_t together = std::max<std::size_t>(1, worth_a_chunk / std::max<std::size_t>(1, panel_bytes));
  pool.run(divide_up(panels, together), [&](std::size_t chunk, std::size_t) {
    for (std::size_t i = chunk * together; i < std::min(panels, (chunk + 1) * together); ++i) {
      const std::size_t columns = std::min(panel, size.N - i * panel);
      packer.pack({i * panel, columns, divide_up(columns, columns_of_vector)}, packed + i * panel_bytes);
    }
  });
}

}  // namespace vitrine
