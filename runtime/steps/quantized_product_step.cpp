// Products by codes of few bits, with the step's kernel run on every block while it is in cache; and their packing.
#include "runtime/steps/quantized_product_step.hpp"

#include <algorithm>

#include "runtime/quantized_product.hpp"
#include "runtime/steps/chunked_step.hpp"
#include "vitrine/ops/quantized_matmul.hpp"

namespace vitrine {

namespace {

std::size_t round_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// The op of either sort, as one.
struct Either {
  QuantizedProduct product;
  std::int32_t zero;
  bool zeros;  // each group has its own
};

std::optional<Either> product_of(const Op* op) {
  if (const auto* one = as<QuantizedMatmul<false>>(op))
    return Either{one->product(), static_cast<std::int32_t>(one->zero), false};
  if (const auto* each = as<QuantizedMatmul<true>>(op)) return Either{each->product(), 0, true};
  return {};
}

/// The matrix whose codes, scales and perhaps zeros these are.
class Codes {
 public:
  Codes(const Op& op, std::span<const Slot> operands) : of_(*product_of(&op)), operands_(operands) {
    const Shape& codes = operands[0].type.shape;
    const int inner = of_.product.inner();
    size_ = {.K = most_codes_in(codes[inner].size),
             .N = codes[1 - inner].size,
             .group = of_.product.step(),
             .four_bits = of_.product.bits == 4,
             .wide_rows = of_.product.row_bits == 16,
             .zeros = of_.zeros};
  }

  /// Of codes of four bits the last may be one too many, which no line is more for.
  const QuantizedSize& size() const { return size_; }
  QuantizedSize size_for(std::size_t K) const {
    QuantizedSize made = size_;
    made.K = K;
    return made;
  }
  /// That all groups have, as codes are packed.
  std::int32_t zero() const { return of_.zero + (is_signed() ? 128 : 0); }

  QuantizedMatrix matrix(const Memory& memory) const {
    const auto bytes = [&](std::size_t k) { return reinterpret_cast<const std::uint8_t*>(memory.at(operands_[k])); };
    return {bytes(0), is_signed(), of_.product.transpose_right, reinterpret_cast<const std::uint16_t*>(bytes(1)),
            of_.zeros ? bytes(2) : nullptr};
  }

 private:
  bool is_signed() const { return operands_[0].type.dtype == DType::i8; }
  std::size_t most_codes_in(std::size_t bytes) const {
    if (of_.product.bits == 8) return bytes;
    const std::size_t group = of_.product.step(), of_group = group / 2 + group % 2;
    return bytes / of_group * group + std::min(2 * (bytes % of_group), group);
  }

  Either of_;
  std::span<const Slot> operands_;
  QuantizedSize size_{};
};

std::span<const Slot> matrix_of(const Step& step) {
  return std::span(step.operands).subspan(1, step.head_operands - 1);
}

std::size_t rows_of(const Step& step) {
  std::size_t rows = 1;  // not elements / columns: there may be rows of no columns
  const Shape& out = step.head_type.shape;
  for (int i = 0; i + 1 < out.rank(); ++i) rows *= out[i].size;
  return rows;
}

QuantizedSize sizes_of(const Step& step) {
  return Codes(*step.head, matrix_of(step)).size_for(step.operands[0].type.shape[-1].size);
}

class QuantizedProductStep : public ChunkedStep {
 public:
  QuantizedProductStep(const Step& step, const Machine& machine)
      : ChunkedStep(step, machine), codes_(*step.head, matrix_of(step)), size_(sizes_of(step)) {
    const Slot& x = step.operands[0];
    rows_.M = rows_of(step);
    rows_.x_row = *merged(x.type.shape, x.strides, x.type.shape.rank() - 1);
    rows_.c_row = static_cast<std::ptrdiff_t>(size_.N);
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    rows_.x = memory.floats(step_.operands[0]);
    rows_.c = result;
    const auto at = [&](std::size_t offset) { return memory.at(*step_.workspace) + offset; };
    const std::size_t used = round_to_line(head_workspace(step_));
    const std::size_t own = step_.packed ? 0 : round_to_line(quantized_packed_bytes(size_));
    packed_ = reinterpret_cast<std::uint8_t*>(step_.packed ? memory.at(*step_.packed) : at(used));
    if (!step_.packed) matrix_ = codes_.matrix(memory);
    workspace_ = {at(used + own), step_.choice.workspace - used - own};
  }

  bool run_head(GemmEpilogue epilogue) override {
    if (matrix_) quantized_pack(machine_.pool, size_, *matrix_, packed_);
    quantized_product(machine_.pool, machine_.isa, size_, rows_, packed_, codes_.zero(), workspace_, epilogue);
    return true;
  }

  Codes codes_;
  QuantizedSize size_;
  QuantizedRows rows_{};
  std::uint8_t* packed_ = nullptr;
  std::optional<QuantizedMatrix> matrix_{};  // that is packed at every run
  std::span<std::byte> workspace_{};
};

class PackQuantizedStep : public PreparedStep {
 public:
  PackQuantizedStep(const Step& step, const Machine& machine)
      : step_(step), machine_(machine), codes_(*step.packs_for, step.operands) {}
  void place(const Memory& memory) override {
    from_ = codes_.matrix(memory);
    to_ = reinterpret_cast<std::uint8_t*>(memory.at(step_.results[0]));
  }
  void run() override { quantized_pack(machine_.pool, codes_.size(), from_, to_); }

 private:
  const Step& step_;
  Machine machine_;
  Codes codes_;
  QuantizedMatrix from_{};
  std::uint8_t* to_ = nullptr;
};

}  // namespace

bool is_quantized_product(const Step& step) { return step.head && product_of(&*step.head); }

Choice choose_quantized_product(const Step& step, Isa isa) {
  const Slot& x = step.operands[0];
  const int rank = x.type.shape.rank();
  const bool by_rows = x.type.shape[-1].size <= 1 || x.strides[static_cast<std::size_t>(rank - 1)] == 1;
  const QuantizedSize size = sizes_of(step);
  bool lasts = !step.once;
  for (std::size_t k = 1; k < step.head_operands; ++k)
    lasts = lasts && std::ranges::find(step.lasting, k) != step.lasting.end();
  const std::size_t packed = quantized_packed_bytes(size);
  Choice made{.kernel = "quantized_product",
              .workspace = round_to_line(head_workspace(step)) + quantized_workspace(isa, size, rows_of(step)),
              .dense_operands = !by_rows || !merged(x.type.shape, x.strides, rank - 1),
              .reason = "whole numbers: rows become codes, groups are added up exactly"};
  if (lasts && packed > 0) {
    made.packing = {"pack_quantized", {}, packed, true};
    for (std::size_t k = 1; k < step.head_operands; ++k) made.packing.operands.push_back(k);
    made.reason += "; codes and scales are packed once";
  } else {
    made.workspace += round_to_line(packed);
    made.reason += "; codes and scales are packed at every run, because they may change";
  }
  return made;
}

double quantized_product_multiply_adds(const Step& step) {
  const QuantizedSize size = sizes_of(step);
  return static_cast<double>(rows_of(step)) * static_cast<double>(size.K) * static_cast<double>(size.N);
}

std::unique_ptr<PreparedStep> prepare_quantized_product(const Step& step, const Machine& machine) {
  return std::make_unique<QuantizedProductStep>(step, machine);
}
std::unique_ptr<PreparedStep> prepare_pack_quantized(const Step& step, const Machine& machine) {
  return std::make_unique<PackQuantizedStep>(step, machine);
}

}  // namespace vitrine
