#pragma once
// The gradients of attention's gradients, from primitive ops. They store a number for every pair of a query and a key.
#include "vitrine/attention_parts.hpp"

namespace vitrine {

/// The pieces of attention's gradients as matrices of [block, query, key], where the queries of a block are those of
/// all heads that read its keys. With S = c q kT and looks by the mask (Dao et al., FlashAttention, arXiv 2205.14135,
/// appendix B.2, where t is called dS):
///   p = exp(S - l), a = d vT, m = rows of sum(d o), t = p (a - m);  dq = c t k, dk = c tT q, dv = pT d.
class AttentionSecond {
 public:
  /// The operands of a gradient op: query q, key k, value v, out o, logsumexp l and its gradient's d.
  AttentionSecond(Operands in, Looks looks, float scale) : in_(in.begin(), in.end()), scale_(scale) {
    const Shape &query = in[0].type().shape, &key = in[1].type().shape;
    std::size_t blocks = key[-3].size;
    for (int i = 0; i < key.rank() - 3; ++i) blocks *= key[i].size;
    const std::size_t heads = key[-3].size == 0 ? 0 : query[-3].size / key[-3].size;
    const std::size_t time = query[-2].size, keys = key[-2].size;
    const auto block_of = [&](Value x, std::size_t rows, std::size_t columns) {
      return reshaped(x, Shape{} << blocks << rows << columns);
    };
    const std::size_t each = query[-1].size, wide = in[2].type().shape[-1].size;
    q_ = block_of(in[0], heads * time, each), k_ = block_of(in[1], keys, each), v_ = block_of(in[2], keys, wide);
    o_ = block_of(in[3], heads * time, wide), l_ = block_of(in[4], heads * time, 1);
    d_ = block_of(in[5], heads * time, wide);
    mask_ = looks_mask(*in[0].graph, time, keys, looks);
    // The mask of one head, repeated for each head of the block.
    if (mask_ && heads != 1) {
      const Value ones = emit(BroadcastTo{Shape{} << heads << time << keys}, {number(*in[0].graph, 1)});
      mask_ = reshaped(logical_and(mask_, greater(ones, 0.f)), Shape{} << heads * time << keys);
    }
    // Where the mask is not set the argument is replaced and not the result: exp has a derivative there that is 0.
    constexpr float nothing = -std::numeric_limits<float>::infinity();
    p_ = exp(where_looked_at(mask_, matmul(q_, transpose(k_)) * scale - l_, nothing));
    a_less_m_ = matmul(d_, transpose(v_)) - sum_to(d_ * o_, l_.type().shape);
    t_ = p_ * a_less_m_;
  }

  /// Of y = dq, dk or dv with gradient g: the gradients of the six operands.
  Gradients of_query_gradient(Value g) const {
    g = reshaped(g, q_.type().shape);
    return all(of_t(scale_ * matmul(g, transpose(k_)), {}, scale_ * matmul(transpose(t_), g)));
  }
  Gradients of_key_gradient(Value g) const {
    g = reshaped(g, k_.type().shape);
    return all(of_t(scale_ * matmul(q_, transpose(g)), scale_ * matmul(t_, g), {}));
  }
  Gradients of_value_gradient(Value g) const {
    g = reshaped(g, v_.type().shape);
    Gradients made = of_p(matmul(d_, transpose(g)), {}, {});
    made[5] = matmul(p_, g);
    return all(made);
  }

 private:
  static Value sum(Value a, Value b) { return b ? a + b : a; }

  /// Of a gradient of p, and what q and k get besides.
  Gradients of_p(Value dp, Value dq, Value dk) const {
    const Value ds = p_ * dp;
    return {sum(scale_ * matmul(ds, k_), dq),
            sum(scale_ * matmul(transpose(ds), q_), dk),
            {},
            {},
            -1.f * sum_to(ds, l_.type().shape),
            {}};
  }
  /// Of a gradient of t, and what q and k get besides.
  Gradients of_t(Value dt, Value dq, Value dk) const {
    const Value da = p_ * dt, dm = -1.f * sum_to(da, l_.type().shape);
    Gradients made = of_p(dt * a_less_m_, dq, dk);
    made[2] = matmul(transpose(da), d_);
    made[3] = dm * d_;
    made[5] = matmul(da, v_) + dm * o_;
    return made;
  }
  /// With the operands' own axes.
  Gradients all(Gradients made) const {
    for (std::size_t i = 0; i < made.size(); ++i)
      if (made[i]) made[i] = reshaped(made[i], in_[i].type().shape);
    return made;
  }

  std::vector<Value> in_;
  float scale_;
  Value q_{}, k_{}, v_{}, o_{}, l_{}, d_{}, mask_{}, p_{}, a_less_m_{}, t_{};
};

}  // namespace vitrine
