#include "tools/data/batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "tools/data/shuffle.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Batches::Batches(const Dataset& data, BatchOptions options, Cursor from)
    : data_(data), options_(options), cursor_(from), making_(from) {
  const std::size_t count = data.count();
  if (options.size == 0) throw UsageError("batches: a batch of 0 examples teaches nothing; ask for at least 1");
  if (count == 0) throw InputError("batches: the data set has no examples; use other data");
  if (count > std::numeric_limits<std::uint32_t>::max())
    throw InputError(
        fmt::format("batches: the data set has {} examples, but fewer than 2^32 are numbered; split it", count));
  if (from.position >= count)
    throw InputError(fmt::format(
        "batches: the saved place is example {} of epoch {}, but the data set has {} examples; go on with the "
        "data that the training began with",
        from.position, from.epoch, count));
  const std::size_t capacity = std::min(options.size, count);
  if (options.prefetch) {
    std::vector<Batch> buffers;
    for (int i = 0; i < 2; ++i) buffers.emplace_back(data.fields(), capacity);
    prefetch_ = std::make_unique<Prefetch>(std::move(buffers), [this](Batch& batch) { produce(batch); });
  } else {
    batch_ = std::make_unique<Batch>(data.fields(), capacity);
  }
}

const Batch& Batches::next() {
  if (!prefetch_) produce(*batch_);
  const Batch& batch = prefetch_ ? prefetch_->next() : *batch_;
  cursor_ = batch.after;
  return batch;
}

void Batches::produce(Batch& batch) {
  const std::size_t count = data_.count();
  if (order_.empty() || (options_.shuffle && order_of_ != making_.epoch)) {
    order_.resize(count);
    if (options_.shuffle)
      order_ = shuffled(count, options_.seed, making_.epoch);
    else
      std::iota(order_.begin(), order_.end(), 0u);
    order_of_ = making_.epoch;
  }
  const std::size_t taken = std::min<std::size_t>(options_.size, count - making_.position);
  batch.set_examples(std::span(order_).subspan(making_.position, taken));
  batch.before = making_;
  batch.after = {making_.epoch, making_.position + taken};
  if (batch.after.position == count) batch.after = {making_.epoch + 1, 0};
  data_.fill(batch);
  making_ = batch.after;  // after fill, so that a data set that threw is asked for the same examples again
}

}  // namespace vitrine
