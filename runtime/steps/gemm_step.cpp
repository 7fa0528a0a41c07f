// Matrix products, strided, transposed and batched, with the step's kernel run on every block while it is in cache.
#include "runtime/steps/gemm_step.hpp"

#include <algorithm>

#include "runtime/gemm.hpp"
#include "runtime/kernel_part.hpp"
#include "runtime/matrix_view.hpp"
#include "runtime/onednn_product.hpp"
#include "runtime/provider.hpp"
#include "runtime/sink_work.hpp"
#include "runtime/steps/sinks_of.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/matmul.hpp"

namespace vitrine {

namespace {

constexpr std::size_t cache_line = 64;

std::size_t at(int axis) { return static_cast<std::size_t>(axis); }

/// The products of a matmul: one, or one for each batch.
struct Products {
  GemmSize size;
  Matrix a, b;  // of the first product; data is null
  std::size_t batches;
  bool turned = false;  // a is of the second operand, b of the first, and rows of the result are its columns
};

/// Whether all batches are rows of one product: B is the same for each, and rows of batches follow each other in A and
/// in everything that the kernel reads.
bool rows_of_one(const Step& step, const Matmul& matmul) {
  const Slot &a = step.operands[0], &b = step.operands[1];
  if (b.type.shape.rank() > 2 || matmul.transpose_left || !merged(a.type.shape, a.strides, a.type.shape.rank() - 1))
    return false;
  if (!step.kernel) return true;
  for (std::size_t k = step.head_operands; k < step.operands.size(); ++k)
    if (!merged(step.iteration, view_over(step.iteration, step.operands[k]).strides, step.iteration.rank() - 1))
      return false;
  return true;
}

Products products_of(const Step& step) {
  const Matmul& matmul = *as<Matmul>(&*step.head);
  const Slot &a = step.operands[0], &b = step.operands[1];
  const int ra = a.type.shape.rank(), rb = b.type.shape.rank();
  Matrix x{nullptr, a.strides[at(ra - 2)], a.strides[at(ra - 1)]},
      y{nullptr, b.strides[at(rb - 2)], b.strides[at(rb - 1)]};
  if (matmul.transpose_left) std::swap(x.row_stride, x.column_stride);
  if (matmul.transpose_right) std::swap(y.row_stride, y.column_stride);
  const Shape& out = step.head_type.shape;
  GemmSize size{out[-2].size, out[-1].size, a.type.shape[matmul.transpose_left ? -2 : -1].size};
  std::size_t batches = 1;
  for (int i = 0; i < out.rank() - 2; ++i) batches *= out[i].size;
  if (batches != 1 && rows_of_one(step, matmul)) {
    x.row_stride = *merged(a.type.shape, a.strides, ra - 1);
    size.M *= batches;
    batches = 1;
  }
  // One column of numbers that lie side by side is a row of them, and products make those 16 or 32 at a time.
  if (batches == 1 && size.N == 1 && size.M > 1 && x.row_stride == 1)
    return {{1, size.M, size.K}, {nullptr, 1, y.row_stride}, {nullptr, x.column_stride, 1}, 1, true};
  return {size, x, y, batches};
}

/// How far batch number `batch` lies behind the first; `strides` are those of a tensor aligned at the right with `out`.
std::ptrdiff_t batch_offset(const Shape& out, const std::array<std::ptrdiff_t, Shape::max_rank>& strides,
                            std::size_t batch) {
  std::ptrdiff_t offset = 0;
  for (int i = out.rank() - 3; i >= 0; --i) {
    offset += static_cast<std::ptrdiff_t>(batch % out[i].size) * strides[at(i)];
    batch /= out[i].size;
  }
  return offset;
}

/// Many products of which one alone is too small to share out (some 40 us) are shared out themselves: so many products
/// to a chunk, about 10 us; 0 where each is shared out in turn.
std::size_t together(const Products& products) {
  constexpr double small = 4e6, chunk = 1e6;  // multiply-adds
  const auto [M, N, K] = products.size;
  const double work = static_cast<double>(M) * static_cast<double>(N) * static_cast<double>(K);
  if (products.batches == 1 || work > small) return 0;
  return std::max<std::size_t>(1, static_cast<std::size_t>(chunk / std::max(work, 1.0)));
}

std::size_t round_to_line(std::size_t bytes) { return (bytes + cache_line - 1) / cache_line * cache_line; }

/// What one product needs; side by side each has its own.
std::size_t product_workspace(const Products& products, Isa isa, bool b_is_packed) {
  return round_to_line(gemm_workspace(isa, products.size, products.a, products.b, b_is_packed));
}

std::optional<OnednnProduct> onednn_product(const Products& products, std::size_t workers) {
  return OnednnProduct::make(products.size, products.a, products.b, workers);
}

class GemmStep : public PreparedStep {
 public:
  GemmStep(const Step& step, const Machine& machine, Provider provider)
      : step_(step), machine_(machine), products_(products_of(step)), parts_(products_.batches) {
    if (step.kernel) kernel_.emplace(step, machine.isa);
    if (!step.sinks.empty()) sinks_.emplace(*step.kernel, sinks_of(step), machine.isa);
    if (provider == Provider::own) {
      together_ = together(products_);
      for (int i = 0; together_ && i < machine.pool.threads(); ++i) alone_.push_back(std::make_unique<Pool>(1));
      return;
    }
    onednn_ = onednn_product(products_, static_cast<std::size_t>(machine.pool.threads()));
    if (!onednn_) throw onednn_lost("a matrix product");
  }

  void place(const Memory& memory) override {
    const Slot &a = step_.operands[0], &b = step_.operands[1];
    const Shape& out = step_.head_type.shape;
    float* const result = head_result(step_, memory);
    if (kernel_) kernel_->place(memory, result);
    for (std::size_t batch = 0; batch < parts_.size(); ++batch) {
      Part& part = parts_[batch];
      part.a = products_.a;
      part.b = products_.b;
      part.a.data = memory.floats(a) + (parts_.size() == 1 ? 0 : batch_offset(out, a.strides, batch));
      part.b.data =
          memory.floats(b) + (parts_.size() == 1 || b.type.shape.rank() == 2 ? 0 : batch_offset(out, b.strides, batch));
      if (products_.turned) std::swap(part.a.data, part.b.data);
      part.c = result + batch * products_.size.M * products_.size.N;
      if (!kernel_ || sinks_) continue;
      part.kernel.emplace(kernel_->code(), part_of(kernel_->operands(), batch), part_of(kernel_->results(), batch));
    }
    packed_ = step_.packed ? memory.floats(*step_.packed) : nullptr;
    if (sinks_) place_sinks(memory);
    const std::size_t used = round_to_line(head_workspace(step_));
    workspace_ = {memory.at(*step_.workspace) + used, step_.choice.workspace - used};
  }

  void run() override {
    run_products();
    if (!sinks_) return;
    if (sinks_take_blocks_)
      sinks_->finish(machine_.pool);
    else
      sinks_->run(machine_.pool);
  }

 private:
  struct Part {
    Matrix a{}, b{};
    float* c = nullptr;
    std::optional<BlockWork> kernel{};
  };

  void run_products() {
    if (together_ == 0) {
      for (Part& part : parts_) run(part, machine_.pool, workspace_);
      return;
    }
    const std::size_t bytes = product_workspace(products_, machine_.isa, step_.packed.has_value());
    const std::size_t chunks = (parts_.size() + together_ - 1) / together_;
    machine_.pool.run(chunks, [&](std::size_t chunk, std::size_t worker) {
      for (std::size_t i = chunk * together_; i < std::min(parts_.size(), (chunk + 1) * together_); ++i)
        run(parts_[i], *alone_[worker], workspace_.subspan(i * bytes, bytes));
    });
  }

  /// Sinks take blocks of the one product as they are made, or all of it afterwards: where there are several, and where
  /// the blocks do not lie as the order of adding wants them.
  void place_sinks(const Memory& memory) {
    std::vector<FloatView> operands(kernel_->operands().begin(), kernel_->operands().end()),
        results(kernel_->results().begin(), kernel_->results().end()), sunk = views_of_sinks(step_);
    for (std::size_t s = 0; s < sunk.size(); ++s) sunk[s].data = memory.floats(step_.sink_result(s));
    if (parts_.size() == 1) {
      operands = part_of(operands, 0), results = part_of(results, 0);
      for (FloatView& view : sunk)  // one number for all
        view = {.data = view.data, .rank = 2, .sizes = {products_.size.M, products_.size.N}, .strides = {}};
    }
    sinks_->place(operands, results, sunk);
    if (products_.size.M == 0 || products_.size.N == 0) return;
    const std::size_t columns =
        onednn_ ? products_.size.N : gemm_chunk_columns(machine_.isa, products_.size, products_.a);
    sinks_take_blocks_ = parts_.size() == 1 && sinks_->takes_blocks_of(columns);
  }

  void run(Part& part, Pool& pool, std::span<std::byte> workspace) {
    const auto finish = [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
      sinks_ ? sinks_->run_block(row, rows, column, columns) : part.kernel->run(row, rows, column, columns);
    };
    const GemmEpilogue epilogue = part.kernel || sinks_take_blocks_ ? GemmEpilogue(finish) : GemmEpilogue();
    if (onednn_)
      onednn_->run(pool, part.a, part.b, part.c, workspace, epilogue);
    else
      gemm(pool, machine_.isa, products_.size, part.a, part.b, part.c, static_cast<std::ptrdiff_t>(products_.size.N),
           workspace, epilogue, packed_);
  }

  /// The views of one product's kernel, as matrices.
  std::vector<FloatView> part_of(std::span<const FloatView> views, std::size_t batch) const {
    const Shape& out = step_.head_type.shape;
    std::vector<FloatView> made;
    for (const FloatView& view : views) {
      FloatView matrix{.data = view.data, .rank = 2, .sizes = {products_.size.M, products_.size.N}, .strides = {}};
      matrix.strides = {view.strides[at(out.rank() - 2)], view.strides[at(out.rank() - 1)]};
      if (parts_.size() == 1)
        matrix.strides[0] = merged(out, view.strides, out.rank() - 1).value_or(0);
      else
        matrix.data += batch_offset(out, view.strides, batch);
      if (products_.turned) std::swap(matrix.strides[0], matrix.strides[1]);
      made.push_back(matrix);
    }
    return made;
  }

  const Step& step_;
  Machine machine_;
  Products products_;
  std::vector<Part> parts_;
  std::optional<KernelPart> kernel_{};
  std::optional<SinkWork> sinks_{};
  bool sinks_take_blocks_ = false;
  std::optional<OnednnProduct> onednn_{};
  std::span<std::byte> workspace_{};
  const float* packed_ = nullptr;               // the right operand, if it came packed
  std::size_t together_ = 0;                    // products to a chunk
  std::vector<std::unique_ptr<Pool>> alone_{};  // for each thread, to run a product by itself
};

}  // namespace

std::size_t gemm_step_workspace(const Step& step, Isa isa, bool b_is_packed) {
  const Products products = products_of(step);
  const std::size_t side_by_side = together(products) ? products.batches : 1;
  return round_to_line(head_workspace(step)) + side_by_side * product_workspace(products, isa, b_is_packed);
}

Packing gemm_step_packing(const Step& step, Isa isa) {
  const Slot& b = step.operands[1];
  if (step.once || b.type.shape.rank() != 2 || std::ranges::find(step.lasting, 1u) == step.lasting.end()) return {};
  const Products products = products_of(step);
  if (products.turned) return {};
  const GemmSize size = products.size;
  return {as<Matmul>(&*step.head)->transpose_right ? "pack_transposed" : "pack_matrix", {1},
          gemm_packed_floats(isa, size.K, size.N) * sizeof(float)};
}

std::optional<std::size_t> onednn_gemm_step_workspace(const Step& step) {
  const auto product = onednn_product(products_of(step), 1);
  if (!product) return {};
  return round_to_line(head_workspace(step)) + product->workspace();
}

Contraction gemm_contraction(const Step& step) {
  const Products products = products_of(step);
  const auto turned = [](const Matrix& m) { return m.column_stride != 1 && m.row_stride == 1; };
  using enum Contraction::Form;
  const auto form = turned(products.a) ? (turned(products.b) ? product_both_turned : product_left_turned)
                                       : (turned(products.b) ? product_right_turned : product);
  const auto [M, N, K] = products.size;
  return {form, {M, N, K, products.batches, 1, 1, 1}};
}

std::unique_ptr<PreparedStep> prepare_gemm(const Step& step, const Machine& machine) {
  return std::make_unique<GemmStep>(step, machine, Provider::own);
}

std::unique_ptr<PreparedStep> prepare_onednn_gemm(const Step& step, const Machine& machine) {
  return std::make_unique<GemmStep>(step, machine, Provider::onednn);
}

}  // namespace vitrine
