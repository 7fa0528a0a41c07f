#pragma once
// A matrix product by oneDNN, cut into chunks of rows that our pool runs.
#include "runtime/onednn_primitive.hpp"

namespace vitrine {

class OnednnProduct {
 public:
  /// C[M, N] = A[M, K] B[K, N], all columns of C; `data` is not read. Nothing where oneDNN has no fast loops: among
  /// others, where B has gaps between its rows, or its columns.
  static std::optional<OnednnProduct> make(GemmSize, const Matrix& a, const Matrix& b, std::size_t workers);

  /// Bytes, for any number of threads.
  std::size_t workspace() const;

  /// As gemm does, with one difference: a row's bits may depend on M, because oneDNN's blocks do. The chunks depend on
  /// the sizes only, and so do the bits.
  void run(Pool&, const Matrix& a, const Matrix& b, float* c, std::span<std::byte> workspace, GemmEpilogue) const;

 private:
  explicit OnednnProduct(GemmSize size) : size_(size) {}
  std::size_t copied() const;   // floats of a chunk's rows of A, where they are not dense
  std::size_t scratch() const;  // floats of a chunk
  std::size_t floats() const { return chunks_ * (copied() + scratch()); }

  GemmSize size_;
  bool copies_ = false;
  std::size_t rows_ = 0, chunks_ = 0;                // of a chunk; the last may have fewer
  std::optional<OnednnPrimitive> whole_{}, last_{};  // the last if it is smaller
};

}  // namespace vitrine
