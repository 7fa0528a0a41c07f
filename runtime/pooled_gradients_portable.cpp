#include "runtime/pooled_gradients_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(16)]] = float;
  static constexpr int width = 4, most_vectors = 4;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  [[gnu::always_inline]] static std::size_t first(std::size_t count) { return count; }
  [[gnu::always_inline]] static Vector load(std::size_t lanes, const float* from) {
    return Vector{from[0], lanes > 1 ? from[1] : 0, lanes > 2 ? from[2] : 0, lanes > 3 ? from[3] : 0};
  }
  [[gnu::always_inline]] static void store(std::size_t lanes, float* to, Vector v) {
    for (std::size_t i = 0; i < lanes; ++i) to[i] = v[i];
  }

  static constexpr auto pick = &pick_one_by_one;
  static constexpr auto collect = &collect_one_by_one;
};

}  // namespace

PooledGradientsTable pooled_gradients_table_portable() { return make_pooled_gradients_table<Simd>(); }

}  // namespace vitrine
