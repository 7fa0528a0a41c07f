#pragma once
// What becomes of the product of queries and keys before a softmax is taken of it.
#include <optional>
#include <string>
#include <vector>

#include "compiler/closed_value.hpp"
#include "vitrine/looks.hpp"

namespace vitrine {

/// Scores [..., time, key] as a function of one product of matrices, told by what it makes of every pair of a query and
/// a key, in double: attention's is the same number times the product where the query looks, and -infinity elsewhere.
class ScoreFunction {
 public:
  explicit ScoreFunction(Value scores);

  /// The product (a matmul); empty if there is none, or if more than 32 nodes or others than elementwise ones and
  /// layouts that keep rows and columns lie between.
  Value product() const { return product_; }
  /// The product, and the nodes between that depend on it.
  const std::vector<Value>& nodes() const { return nodes_; }
  /// Whether a row of scores is a column of the product.
  bool is_turned() const { return is_turned_; }
  /// Why the scores are no function of positions and the product alone; "" if they are.
  const std::string& other() const { return other_; }

  /// What the scores have that attention's have not, with the pair where; "" if nothing.
  const std::string& differs() const { return differs_; }
  double scale() const { return scale_; }
  /// Who looks at whom, if attention's attributes can say it; else `mismatch` says which pair they get wrong.
  const std::optional<Looks>& looks() const { return looks_; }
  const std::string& mismatch() const { return mismatch_; }

 private:
  bool take(Value v);
  bool is_allowed(Value v) const;
  std::vector<double> at(const std::vector<double>& product) const;
  void tell_scale();
  void tell_looks();

  Value scores_, product_{};
  std::size_t time_ = 0, keys_ = 0;
  std::vector<Value> nodes_{};
  ClosedValues closed_{};
  std::set<std::uint32_t> open_{};
  std::size_t looked_at_nodes_ = 0;
  bool is_turned_ = false;
  double scale_ = 0;
  std::vector<char> looked_at_{};  // [time, key]
  std::optional<Looks> looks_{};
  std::string other_{}, differs_{}, mismatch_{};
};

}  // namespace vitrine
