#pragma once
// What becomes of a kernel's result that is reduced as it is made: sums and maxima of rows, of columns or of all, in
// the order that reduce_rows has.
#include <optional>
#include <span>
#include <vector>

#include "runtime/reduce_stages.hpp"
#include "runtime/reductions.hpp"

namespace vitrine {

/// What becomes of one of the kernel's last results, of which [outer, rows, columns] of the first stage are the
/// iteration's elements: one of outer and columns is 1. A second stage makes one number of what the first one made.
struct Sink {
  Sink(Reduction, std::span<const Stage>, std::optional<float> count_of_mean);

  /// Whether the numbers of a row lie side by side: they are added up in 32 lanes, else column by column.
  bool in_lanes() const { return stage.columns == 1; }
  /// Elements from a multiple of which on nothing is added to what came before.
  std::size_t unit() const;
  /// Where the piece that element `at` is in ends: what is reduced by itself.
  std::size_t end_of_piece(std::size_t at) const;
  std::size_t piece_of(std::size_t at) const;
  /// Where a piece's reduction goes: one number, or one for each column.
  float* made_at(std::size_t piece) { return made + piece * stage.columns; }

  /// `to` is where the sink's result lies.
  void place(float* to);
  /// Once all pieces are reduced.
  void finish(Pool&, Isa);
  /// Where there are no elements.
  void take_nothing();

  Reduction how;
  Stage stage;
  bool to_one;                 // by a second stage
  std::optional<float> count;  // that a mean divides by
  std::size_t as_one;          // rows

 private:
  std::size_t pieces() const;
  std::size_t results() const { return to_one ? 1 : stage.results(); }
  void divide();

  float *made = nullptr, *to = nullptr;
  std::vector<float> partial{}, totals{};
};

}  // namespace vitrine
