// Tensors behind each other along an axis: each row of an operand is moved whole.
#include <cstring>

#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/concat.hpp"

namespace vitrine {

namespace {

class ConcatStep : public HeadStep {
 public:
  ConcatStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        rows_(Rows(step.head_type.shape, static_cast<int>(as<Concat>(&*step.head)->axis)).outer) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    parts_.clear();
    for (std::size_t k = 0; k < step_.head_operands; ++k)
      parts_.push_back(
          {memory.at(step_.operands[k]), step_.operands[k].type.bytes() / std::max<std::size_t>(1, rows_)});
    y_ = reinterpret_cast<std::byte*>(result);
  }
  void run_head() override {
    std::size_t row_bytes = 0;
    for (const Part& part : parts_) row_bytes += part.bytes;
    const std::size_t together = chunk_bytes / (row_bytes + 1) + 1;
    machine_.pool.run((rows_ + together - 1) / together, [&](std::size_t chunk, std::size_t) {
      for (std::size_t row = chunk * together; row < std::min(rows_, (chunk + 1) * together); ++row) {
        std::byte* to = y_ + row * row_bytes;
        for (const Part& part : parts_) {
          if (part.bytes) std::memcpy(to, part.from + row * part.bytes, part.bytes);
          to += part.bytes;
        }
      }
    });
  }

  static constexpr std::size_t chunk_bytes = 65536;  // that is handed to a thread: some 5 us
  struct Part {
    const std::byte* from;
    std::size_t bytes;  // of a row
  };
  std::size_t rows_;
  std::vector<Part> parts_{};
  std::byte* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_concat(const Step& step, const Machine& machine) {
  return std::make_unique<ConcatStep>(step, machine);
}

}  // namespace vitrine
