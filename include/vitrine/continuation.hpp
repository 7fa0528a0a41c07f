#pragma once
// How a graph goes on: rows along an axis (tokens along the time) were there before, and more come. Most ops do with
// the new rows what they do with all, and are simply given fewer. An op of which that is not so, because it counts
// rows, moves them or looks back at earlier ones, says in `continued` what makes its new rows: it asks for what it
// needs here.
#include "vitrine/value.hpp"

namespace vitrine {

/// The rows that are wanted of one op's result. The values that it hands out belong to the graph that is being made,
/// and have the operands' axes, but where rows lie. Of sequence b (the first axis of the operands) row number i that is
/// wanted stands at first_place[b] + i.
class Continuation {
 public:
  virtual ~Continuation() = default;

  /// The rows of an operand that the wanted rows are made of, by the op's own reach.
  virtual Value rows(std::size_t operand) = 0;
  /// The same, but `filler` in rows that would stand before the first place of all: there is none yet.
  virtual Value rows_or(std::size_t operand, float filler) = 0;
  /// All rows of an operand, up to the last that is wanted; what lies behind it is of no concern. Row number j stands
  /// at place j, or, if it is a ring, at a place that is j mod the number of rows.
  struct Whole {
    Value value;
    bool ring = false;
  };
  virtual Whole whole(std::size_t operand) = 0;

  /// Where the wanted rows stand: i32[batch, row]; and the first of them: i32[batch].
  virtual Value places() = 0;
  virtual Value first_place() = 0;

  /// For an op that carries: one row along `axis` of f32 rows like those given, kept from run to run. At the beginning
  /// of a sequence it is 0; in the next run it is the last of these rows that are meant, of which the first is what was
  /// carried here.
  virtual Value carried(Value like, int axis) = 0;
  virtual void carry(Value rows, int axis) = 0;
};

}  // namespace vitrine
