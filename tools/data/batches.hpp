#pragma once
// The examples of a data set in batches, epoch after epoch, shuffled anew in each.
#include <memory>
#include <vector>

#include "tools/data/dataset.hpp"
#include "tools/data/prefetch.hpp"

namespace vitrine {

struct BatchOptions {
  std::size_t size = 64;   // examples of a batch; the last one of an epoch has what is left
  std::uint64_t seed = 0;  // of the order
  bool shuffle = true;     // false: in the order of their numbers, as a test wants them
  bool prefetch = true;    // makes the next batch on a thread while this one is in use; the same bits either way
};

/// An endless row of batches: a function of (data set, size, seed, shuffle, cursor).
class Batches {
 public:
  /// `data` must outlive this object. `from` is where to go on. Throws UsageError for a size of zero, InputError for a
  /// data set that is empty or holds 2^32 examples or more, and for a cursor that is not a place in it.
  Batches(const Dataset& data, BatchOptions options, Cursor from = {});

  /// The next batch, to be read until the next call. Throws what the data set throws.
  const Batch& next();

  /// Behind the batches that next() has given (and not those made ahead): what to save and to go on from.
  Cursor cursor() const { return cursor_; }

  std::size_t batches_per_epoch() const { return (data_.count() + options_.size - 1) / options_.size; }

 private:
  void produce(Batch& batch);

  const Dataset& data_;
  const BatchOptions options_;
  Cursor cursor_;
  // Of the maker, which is a thread's when batches are made ahead.
  Cursor making_;
  std::vector<std::uint32_t> order_;
  std::uint64_t order_of_ = 0;  // its epoch

  std::unique_ptr<Batch> batch_;        // without prefetch
  std::unique_ptr<Prefetch> prefetch_;  // with it; last, as its thread uses all the others
};

}  // namespace vitrine
