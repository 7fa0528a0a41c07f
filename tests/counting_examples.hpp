#pragma once
// A data set whose examples are their own numbers, and what batches of it give.
#include <vector>

#include "tools/data/batches.hpp"

namespace vitrine {

class CountingExamples : public Dataset {
 public:
  explicit CountingExamples(std::size_t count) : count_(count) {}
  std::size_t count() const override { return count_; }
  std::vector<Field> fields() const override { return {{"number", DType::i32, 1}, {"place", DType::f32, 2}}; }
  void fill(Batch& batch) const override {
    for (std::size_t i = 0; i < batch.count(); ++i) {
      batch.integers("number")[i] = static_cast<std::int32_t>(batch.examples()[i]);
      batch.floats("place")[2 * i] = static_cast<float>(batch.before.epoch);
      batch.floats("place")[2 * i + 1] = static_cast<float>(batch.before.position + i);
    }
  }

 private:
  std::size_t count_;
};

/// The numbers in the next `count` batches, a list for each.
inline std::vector<std::vector<std::int32_t>> numbers_of(Batches& batches, int count) {
  std::vector<std::vector<std::int32_t>> numbers;
  for (int i = 0; i < count; ++i) {
    const auto some = batches.next().integers("number");
    numbers.emplace_back(some.begin(), some.end());
  }
  return numbers;
}

}  // namespace vitrine
