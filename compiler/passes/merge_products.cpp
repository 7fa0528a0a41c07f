// Products of one matrix by several weights are one product by all of them, side by side: the queries, keys and values
// of attention, say. The matrix is read once and not for each weight; a result is a slice, which costs nothing. Every
// element is the same sum in the same order.
//   matmul(x, a), matmul(x, b)   =>   slices of matmul(x, concat(a, b))
// It is a matter of bytes. Spared is reading x again. Paid are the copies of weights that the step itself trains (of
// others they are made once), and for a result that elementwise work follows what this would have read from cache:
// behind the larger product, which has another shape, it needs a pass of its own.
#include <algorithm>

#include "compiler/byte_text.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/dequantize.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/ops/unpack_int4.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "matmul(x, a), matmul(x, b) => slices of matmul(x, concat(a, b))";

/// The state or constant that a weight is, maybe under other names, or its codes; empty for one that is computed.
Value leaf_of(Value weight) {
  while (as<Rename>(weight) || as<Dequantize<false>>(weight) || as<Dequantize<true>>(weight) || as<UnpackInt4>(weight))
    weight = weight.operands()[0];
  return weight.op() || weight.node().leaf == Leaf::input ? Value{} : weight;
}

class Merging {
 public:
  Merging(Graph& graph, Rewriter& rewriter) : graph_(graph), rewriter_(rewriter) {}

  void visit(Value x) {
    std::vector<Value> products;
    for (Value user : graph_.users(x)) {
      const Matmul* const product = as<Matmul>(user);
      if (!product || user.operands()[0] != x || user.operands()[1].type().shape.rank() != 2 || !is_used(user))
        continue;
      if (!products.empty() && *product != *as<Matmul>(products[0])) continue;
      if (std::ranges::find(products, user) == products.end()) products.push_back(user);
    }
    if (products.size() < 2) return;
    std::ranges::sort(products, {}, &Value::id);
    for (Value product : products)
      if (!leaf_of(product.operands()[1]))
        return refuse(
            product, [&] { return name_of(product.operands()[1]) + " is new at every run"; },
            "nothing: what would have to be copied is as large as what is read twice");
    const std::size_t spared = (products.size() - 1) * x.type().bytes();
    std::size_t paid = 0;
    for (Value product : products) paid += copied(product) + passes_more(product);
    if (paid >= spared)
      return refuse(
          products[1],
          [&] {
            return "it would spare reading " + byte_text(spared) + " again and cost " + byte_text(paid) +
                   " for copies of weights and passes that now happen in cache";
          },
          "more rows, or one weight for all in the model");
    merge(x, products);
  }

 private:
  std::size_t copied(Value product) const {
    const Value weight = product.operands()[1];
    const Value next = graph_.next(leaf_of(weight));
    return next && next != leaf_of(weight) ? 2 * weight.type().bytes() : 0;
  }
  std::size_t passes_more(Value product) const {
    const bool worked_on = std::ranges::any_of(graph_.users(product), [&](Value user) {
      return user.op()->info->elementwise() && user.type().shape == product.type().shape;
    });
    return worked_on ? 2 * product.type().bytes() : 0;
  }

  void merge(Value x, const std::vector<Value>& products) {
    const Matmul flags = *as<Matmul>(products[0]);
    const int along = flags.transpose_right ? 0 : 1;
    // The axis that they are put together along has another size and so no name.
    std::vector<Value> weights;
    for (Value product : products) {
      const Value weight = product.operands()[1];
      const Shape& shape = weight.type().shape;
      weights.push_back(renamed(weight, shape.with(along, shape[along].size)));
    }
    const Value whole = emit(flags, {x, x.graph->add(Concat{along}, weights)});
    const int last = whole.type().shape.rank() - 1;
    std::int64_t begin = 0;
    for (Value product : products) {
      const std::int64_t end = begin + static_cast<std::int64_t>(product.type().shape[-1].size);
      rewriter_.replace(product, renamed(emit(Slice{last, begin, end, 1}, {whole}), product.type().shape), rule);
      begin = end;
    }
  }

  void refuse(Value product, Wording reason, Wording suggestion) {
    rewriter_.refuse(product, rule, reason, suggestion);
  }

  Graph& graph_;
  Rewriter& rewriter_;
};

}  // namespace

void merge_products(Graph& graph, Rewriter& rewriter) {
  Merging merging(graph, rewriter);
  for (Value x : graph.topological()) merging.visit(x);
}

}  // namespace vitrine
