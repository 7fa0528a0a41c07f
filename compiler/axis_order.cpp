#include "compiler/axis_order.hpp"

#include <utility>

#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

Positions order_in_place(int rank) {
  Positions made;
  for (int i = 0; i < rank; ++i) made << i;
  return made;
}
Positions order_of_transpose(int rank) {
  Positions made = order_in_place(rank);
  std::swap(made.at[static_cast<std::size_t>(rank - 1)], made.at[static_cast<std::size_t>(rank - 2)]);
  return made;
}

std::optional<Positions> order_of(Value v) {
  if (const Permute* permute = as<Permute>(v)) return permute->order;
  if (as<Transpose>(v)) return order_of_transpose(v.type().shape.rank());
  return {};
}

Value ordered(Value x, const Positions& order) {
  if (const auto inner = order_of(x)) {
    Positions both;
    for (int i = 0; i < order.size(); ++i) both << (*inner)[order[i]];
    return ordered(x.operands()[0], both);
  }
  const int rank = order.size();
  if (order == order_in_place(rank)) return x;
  if (rank >= 2 && order == order_of_transpose(rank)) return transpose(x);
  return emit(Permute{order}, {x});
}

}  // namespace vitrine
