// Rows of a cache written, and rows taken, each sequence's at a place of its own.
#include "runtime/steps/rows_step.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/take_rows.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

namespace {

constexpr std::size_t chunk_bytes = 65536;  // that are handed to a thread: some 5 us

const std::int32_t* integers(const Memory& memory, const Slot& slot) {
  return reinterpret_cast<const std::int32_t*>(memory.at(slot));
}

/// How many chunks `parts` equal parts of so many bytes make, and what each of them has.
class Chunks {
 public:
  Chunks(std::size_t parts, std::size_t bytes)
      : parts_(parts), together_(chunk_bytes / (bytes / (parts + 1) + 1) + 1) {}
  std::size_t count() const { return (parts_ + together_ - 1) / together_; }
  std::size_t first(std::size_t chunk) const { return chunk * together_; }
  std::size_t last(std::size_t chunk) const { return std::min(parts_, (chunk + 1) * together_); }

 private:
  std::size_t parts_, together_;
};

/// Where the result lies over the cache (Choice::overwrites), the new rows are all that is touched.
class WriteRowsStep : public HeadStep {
 public:
  WriteRowsStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        op_(*as<WriteRows>(&*step.head)),
        sequences_(step.head_type.shape[0].size),
        cache_(step.head_type.shape, static_cast<int>(op_.axis)),
        rows_(step.operands[1].type.shape, static_cast<int>(op_.axis)),
        bytes_(cache_.inner * size_of(step.head_type.dtype)),
        whole_(sequences_, step.head_type.bytes()),
        new_(sequences_, step.operands[1].type.bytes()) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    cache_at_ = memory.at(step_.operands[0]), rows_at_ = memory.at(step_.operands[1]);
    position_ = integers(memory, step_.operands[2]), length_ = integers(memory, step_.operands[3]);
    to_ = reinterpret_cast<std::byte*>(result);
  }
  void run_head() override {
    op_.check(position_, length_, sequences_, cache_.size, rows_.size);  // before anything is written
    if (bytes_ == 0 || sequences_ == 0) return;
    if (to_ != cache_at_) {
      const std::size_t of_sequence = step_.head_type.bytes() / sequences_;
      machine_.pool.run(whole_.count(), [&](std::size_t chunk, std::size_t) {
        const std::size_t first = whole_.first(chunk) * of_sequence, last = whole_.last(chunk) * of_sequence;
        if (first < last) std::memcpy(to_ + first, cache_at_ + first, last - first);
      });
    }
    const std::size_t parts = cache_.outer / sequences_;  // of a sequence: its heads
    machine_.pool.run(new_.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t part = new_.first(chunk) * parts; part < new_.last(chunk) * parts; ++part)
        write(part, position_[part / parts], length_[part / parts]);
    });
  }

  /// All new rows of a part; in a ring those behind its end go to its begin.
  void write(std::size_t part, std::int32_t position, std::int32_t length) const {
    const auto count = static_cast<std::size_t>(length), first = static_cast<std::size_t>(position) % cache_.size;
    const std::size_t before_end = std::min(count, cache_.size - first);
    std::byte* const to = to_ + part * cache_.size * bytes_;
    const std::byte* const from = new_rows(part);
    copy(to + first * bytes_, from, before_end);
    copy(to, from + static_cast<std::ptrdiff_t>(before_end) * row_stride(), count - before_end);
  }
  void copy(std::byte* to, const std::byte* from, std::size_t count) const {
    if (row_stride() == static_cast<std::ptrdiff_t>(bytes_)) {
      if (count != 0) std::memcpy(to, from, count * bytes_);
      return;
    }
    for (std::size_t i = 0; i < count; ++i, to += bytes_, from += row_stride()) std::memcpy(to, from, bytes_);
  }

  /// Bytes from one new row to the next: each lies densely, but they may lie anywhere.
  std::ptrdiff_t row_stride() const {
    const Slot& slot = step_.operands[1];
    return slot.strides[static_cast<std::size_t>(op_.axis)] * static_cast<std::ptrdiff_t>(size_of(slot.type.dtype));
  }
  /// Where a part's new rows begin.
  const std::byte* new_rows(std::size_t part) const {
    const Slot& slot = step_.operands[1];
    std::ptrdiff_t elements = 0;
    for (std::size_t i = static_cast<std::size_t>(op_.axis); i-- > 0;) {
      const std::size_t size = slot.type.shape[static_cast<int>(i)].size;
      elements += static_cast<std::ptrdiff_t>(part % size) * slot.strides[i];
      part /= size;
    }
    return rows_at_ + elements * static_cast<std::ptrdiff_t>(size_of(slot.type.dtype));
  }

  const WriteRows& op_;
  std::size_t sequences_;
  Rows cache_, rows_;
  std::size_t bytes_;  // of a row
  Chunks whole_, new_;
  const std::byte *cache_at_ = nullptr, *rows_at_ = nullptr;
  const std::int32_t *position_ = nullptr, *length_ = nullptr;
  std::byte* to_ = nullptr;
};

class TakeRowsStep : public HeadStep {
 public:
  TakeRowsStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        op_(*as<TakeRows>(&*step.head)),
        rows_(step.operands[0].type.shape, static_cast<int>(op_.axis)),
        row_(rows_.inner * size_of(step.head_type.dtype)),
        chunks_(rows_.outer, step.head_type.bytes()) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.at(step_.operands[0]), start_ = integers(memory, step_.operands[1]);
    to_ = reinterpret_cast<std::byte*>(result);
  }
  void run_head() override {
    const std::size_t sequences = step_.head_type.shape[0].size;
    for (std::size_t b = 0; b < sequences; ++b) op_.start_of(start_, b, rows_.size);
    const std::size_t bytes = row_ * static_cast<std::size_t>(op_.count);
    if (bytes == 0 || rows_.outer == 0) return;
    const std::size_t parts = rows_.outer / sequences;
    machine_.pool.run(chunks_.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t outer = chunks_.first(chunk); outer < chunks_.last(chunk); ++outer) {
        const std::size_t first = outer * rows_.size + static_cast<std::size_t>(start_[outer / parts]);
        std::memcpy(to_ + outer * bytes, x_ + first * row_, bytes);
      }
    });
  }

  const TakeRows& op_;
  Rows rows_;
  std::size_t row_;  // bytes
  Chunks chunks_;
  const std::byte* x_ = nullptr;
  const std::int32_t* start_ = nullptr;
  std::byte* to_ = nullptr;
};

}  // namespace

bool write_rows_wants_dense(const Step& step) {
  const auto* op = as<WriteRows>(&*step.head);
  for (std::size_t k = 0; k < step.head_operands; ++k) {
    Slot slot = step.operands[k];
    const auto dense = dense_strides(slot.type.shape);
    for (std::int64_t i = 0; k == 1 && i <= op->axis; ++i)  // rows may lie anywhere, each by itself densely
      slot.strides[static_cast<std::size_t>(i)] = dense[static_cast<std::size_t>(i)];
    if (!is_dense(slot)) return true;
  }
  return false;
}

std::unique_ptr<PreparedStep> prepare_write_rows(const Step& step, const Machine& machine) {
  return std::make_unique<WriteRowsStep>(step, machine);
}
std::unique_ptr<PreparedStep> prepare_take_rows(const Step& step, const Machine& machine) {
  return std::make_unique<TakeRowsStep>(step, machine);
}

}  // namespace vitrine
