#include "runtime/sink.hpp"

#include <algorithm>

#include "vitrine/error.hpp"
#include "vitrine/math.hpp"

namespace vitrine {

namespace {

std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

}  // namespace

Sink::Sink(Reduction reduction, std::span<const Stage> stages, std::optional<float> count_of_mean)
    : how(reduction),
      stage(stages[0]),
      to_one(stages.size() == 2),
      count(count_of_mean),
      as_one(rows_as_one(stage.rows, stage.columns)) {
  const bool between = stage.outer != 1 && stage.columns != 1, more = to_one && stages[1].results() != 1;
  if (between || more || stages.size() > 2)
    throw InternalError("a sink was asked to reduce axes between others: its step must be cut in two");
}

std::size_t Sink::unit() const {
  if (!in_lanes()) return rows_in_partial_sum * stage.columns;
  return stage.outer == 1 ? as_one : stage.rows;
}

std::size_t Sink::piece_of(std::size_t at) const {
  if (!in_lanes()) return at / unit();
  return at / stage.rows * divided_up(stage.rows, as_one) + at % stage.rows / as_one;
}

std::size_t Sink::end_of_piece(std::size_t at) const {
  if (!in_lanes()) return std::min((at / unit() + 1) * unit(), stage.rows * stage.columns);
  const std::size_t row = at / stage.rows * stage.rows;
  return row + std::min(stage.rows, ((at - row) / as_one + 1) * as_one);
}

std::size_t Sink::pieces() const {
  return in_lanes() ? stage.outer * divided_up(stage.rows, as_one) : divided_up(stage.rows, rows_in_partial_sum);
}

void Sink::place(float* result) {
  to = result;
  const bool at_once = pieces() == stage.outer && !to_one;
  if (!at_once) partial.resize(pieces() * stage.columns);
  made = at_once ? to : partial.data();
}

void Sink::finish(Pool& pool, Isa isa) {
  const Reduction merge = merging(how);
  if (to_one) {
    reduce_rows(pool, isa, merge, 1, stage.outer, 1, made, {}, to);
  } else if (made != to && in_lanes()) {
    reduce_rows(pool, isa, merge, stage.outer, pieces() / stage.outer, 1, made, {}, to);
  } else if (made != to) {
    const std::size_t blocks = divided_up(stage.rows, as_one), columns = stage.columns;
    if (blocks > 1) totals.resize(blocks * columns);
    float* const merged = blocks > 1 ? totals.data() : to;
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t first = block * as_one / rows_in_partial_sum,
                        last = divided_up(std::min(stage.rows, (block + 1) * as_one), rows_in_partial_sum);
      float* const total = merged + block * columns;
      std::fill_n(total, columns, begin_of(how));
      for (std::size_t p = first; p < last; ++p) {
        const float* const part = made + p * columns;
        for (std::size_t j = 0; j < columns; ++j)
          total[j] = how == Reduction::maximum ? math::maximum(total[j], part[j]) : total[j] + part[j];
      }
    }
    if (blocks > 1) reduce_rows(pool, isa, merge, 1, blocks, columns, totals.data(), {}, to);
  }
  divide();
}

void Sink::take_nothing() {
  std::fill_n(to, results(), begin_of(how));
  divide();
}

void Sink::divide() {
  if (count)
    for (std::size_t i = 0; i < results(); ++i) to[i] /= *count;
}

}  // namespace vitrine
