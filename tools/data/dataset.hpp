#pragma once
// A set of examples to learn from, and a batch of them as a program reads it.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

/// One input of a program as examples fill it: its name, f32 or i32, and how many numbers an example gives.
struct Field {
  std::string name;
  DType dtype = DType::f32;
  std::size_t numbers = 1;
};

/// A place in a training: so many examples of this epoch have been taken. These two numbers are all that a data set
/// needs to go on from here bit for bit.
struct Cursor {
  std::uint64_t epoch = 0, position = 0;
  bool operator==(const Cursor&) const = default;
};

/// Some examples: for each field a dense block of numbers, row major, [example, number]. A block stays where it is, so
/// a program may be bound to it.
class Batch {
 public:
  /// Memory for at most `capacity` examples. Throws InternalError for a field that is neither f32 nor i32.
  Batch(const std::vector<Field>& fields, std::size_t capacity);

  /// The numbers of the examples, in the order of the blocks.
  std::span<const std::uint32_t> examples() const { return examples_; }
  std::size_t count() const { return examples_.size(); }
  /// Names the examples that are to be filled in. Throws InternalError above the capacity.
  void set_examples(std::span<const std::uint32_t> examples);

  /// The count() * numbers elements of a field. Throws UsageError for a name or an element type that is not here.
  std::span<float> floats(std::string_view field);
  std::span<const float> floats(std::string_view field) const;
  std::span<std::int32_t> integers(std::string_view field);
  std::span<const std::int32_t> integers(std::string_view field) const;
  /// Where a field's elements begin, for Program::bind_input.
  const void* data(std::string_view field) const;

  Cursor before{};  // the first of these examples,
  Cursor after{};   // and behind the last: what to save once they have been learned from

 private:
  struct Block {
    Field field;
    std::vector<float> floats;
    std::vector<std::int32_t> integers;
  };
  const Block& block(std::string_view field) const;
  const Block& block(std::string_view field, DType dtype) const;

  std::vector<Block> blocks_;
  std::vector<std::uint32_t> examples_;
  std::size_t capacity_;
};

/// Examples with numbers 0 .. count() - 1.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::size_t count() const = 0;
  virtual std::vector<Field> fields() const = 0;
  /// Writes every field of batch.examples() as they look in batch.before.epoch: a function of the two and nothing else,
  /// whatever was filled before. May be called on a thread of its own.
  virtual void fill(Batch& batch) const = 0;
};

}  // namespace vitrine
