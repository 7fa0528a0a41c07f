// Rows picked by index, and rows added by index. Rows that meet are added in the order of the index, because each row
// of the result belongs to one chunk, and the chunks do not depend on the number of threads.
#include <cstring>

#include "runtime/kernels.hpp"
#include "vitrine/ops/gather.hpp"

namespace vitrine {

namespace {

/// Bytes or floats in a chunk that is handed to a thread: some 5 us.
constexpr std::size_t chunk_bytes = 65536, chunk_floats = 16384, most_bands = 16;

class GatherStep : public PreparedStep {
 public:
  GatherStep(const Step& step, const Machine& machine)
      : step_(step),
        machine_(machine),
        rows_(step.operands[0].type.shape, static_cast<int>(as<Gather>(&*step.head)->axis)),
        count_(step.operands[1].type.shape.elements()),
        bytes_(rows_.inner * size_of(step.head_type.dtype)) {}
  void place(const Memory& memory) override {
    x_ = memory.at(step_.operands[0]);
    index_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
    y_ = memory.at(step_.results[0]);
  }
  void run() override {
    const std::size_t all = rows_.outer * count_, together = chunk_bytes / (bytes_ + 1) + 1;
    machine_.pool.run((all + together - 1) / together, [&](std::size_t chunk, std::size_t) {
      for (std::size_t i = chunk * together; i < std::min(all, (chunk + 1) * together); ++i) {
        const std::size_t row = index_within("gather", index_, i % count_, rows_.size);
        if (bytes_) std::memcpy(y_ + i * bytes_, x_ + (i / count_ * rows_.size + row) * bytes_, bytes_);
      }
    });
  }

 private:
  const Step& step_;
  Machine machine_;
  Rows rows_;
  std::size_t count_, bytes_;
  const std::byte* x_ = nullptr;
  const std::int32_t* index_ = nullptr;
  std::byte* y_ = nullptr;
};

class ScatterAddStep : public PreparedStep {
 public:
  ScatterAddStep(const Step& step, const Machine& machine)
      : step_(step),
        machine_(machine),
        rows_(step.head_type.shape, static_cast<int>(as<ScatterAdd>(&*step.head)->axis)),
        count_(step.operands[1].type.shape.elements()) {}
  void place(const Memory& memory) override {
    x_ = memory.floats(step_.operands[0]);
    index_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
    y_ = memory.floats(step_.results[0]);
  }
  /// A chunk is a band of the result's rows: it looks at every index and adds the rows that fall into it.
  void run() override {
    const std::size_t bands = std::min(most_bands, 1 + (count_ + rows_.size) * rows_.inner / chunk_floats);
    const std::size_t wide = (rows_.size + bands - 1) / bands;
    machine_.pool.run(rows_.outer * bands, [&](std::size_t chunk, std::size_t) {
      const std::size_t outer = chunk / bands, first = std::min(rows_.size, chunk % bands * wide),
                        last = std::min(rows_.size, first + wide);
      float* const y = y_ + outer * rows_.size * rows_.inner;
      std::fill(y + first * rows_.inner, y + last * rows_.inner, 0.f);
      for (std::size_t i = 0; i < count_; ++i) {
        const std::size_t row = index_within("scatter_add", index_, i, rows_.size);
        if (row < first || row >= last) continue;
        const float* const from = x_ + (outer * count_ + i) * rows_.inner;
        float* const to = y + row * rows_.inner;
        for (std::size_t k = 0; k < rows_.inner; ++k) to[k] += from[k];
      }
    });
  }

 private:
  const Step& step_;
  Machine machine_;
  Rows rows_;
  std::size_t count_;
  const float* x_ = nullptr;
  const std::int32_t* index_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_gather(const Step& step, const Machine& machine) {
  if (as<Gather>(&*step.head)) return std::make_unique<GatherStep>(step, machine);
  return std::make_unique<ScatterAddStep>(step, machine);
}

}  // namespace vitrine
