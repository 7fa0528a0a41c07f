#include "compiler/unmasked.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/print.hpp"

namespace vitrine {

namespace {

bool is_only(const NumberRange& r, double number) { return r == NumberRange{number, number}; }

/// The least number of places ahead beyond which all is the number; 0 if there is none.
std::ptrdiff_t seen_ahead(Ahead& ahead, Value v, const Masking& m) {
  const auto beyond = [&](std::ptrdiff_t n) { return is_only(ahead.of(v, m.rows, m.keys, m.by + n), m.number); };
  std::ptrdiff_t no = 0, yes = static_cast<std::ptrdiff_t>(m.keys.size) - 2 - m.by;
  if (yes <= 0 || !beyond(yes)) return 0;
  while (yes - no > 1) {
    const std::ptrdiff_t middle = no + (yes - no) / 2;
    (beyond(middle) ? yes : no) = middle;
  }
  return yes;
}

struct MaskFound {
  Value mask;
  NumberRange holds;
};
/// From what should hold a number down to the node that decides what is held: a mask, or what is added as one.
MaskFound mask_of(Ahead& ahead, Value v, Places rows, Places keys, std::ptrdiff_t by) {
  for (;;) {
    const NumberRange holds = ahead.of(v, rows, keys, by);
    if (!v.op() || ahead.is_closed(v) || holds.known()) return {v, holds};
    bool lower = false;
    for (std::size_t k = 0; k < v.operands().size() && !lower; ++k) {
      const auto row = led_from(rows, v, k), key = led_from(keys, v, k);
      if (!row || !key) continue;
      const Places under_row{row->axis, row->inner, row->size}, under_key{key->axis, key->inner, key->size};
      const std::ptrdiff_t under_by = by + key->first - row->first;
      const Value operand = v.operands()[k];
      const bool alone = v.operands().size() == 1;  // all that it is made of
      if (!alone && !ahead.is_closed(operand) && !ahead.of(operand, under_row, under_key, under_by).known()) continue;
      v = operand, rows = under_row, keys = under_key, by = under_by, lower = true;
    }
    if (!lower) return {v, holds};
  }
}

/// How much is said by it.
int weight(const Unmasked& u) { return u.sees > 0 ? 3 : u.turned ? 2 : u.holds.known() ? 1 : 0; }

std::string text(double x) { return fmt::format("{:g}", x); }

}  // namespace

std::optional<Unmasked> unmasked(const Graph& graph, const AxisDependence& dependence, Value node) {
  std::optional<Ahead> ahead;
  std::optional<Unmasked> best;
  for (std::size_t k = 0; k < node.operands().size(); ++k)
    for (const Places& p : dependence.made_of(node.operands()[k]).along) {
      if (followed(p, node, k)) continue;
      for (const Masking& m : maskings(node, k, p, dependence)) {
        if (!ahead) ahead.emplace(graph);
        if (ahead->holds(node, m)) continue;
        const Value v = node.operands()[m.operand];
        const auto [mask, holds] = mask_of(*ahead, v, m.rows, m.keys, m.by);
        Unmasked made{.mask = mask, .wanted = m.number, .holds = holds};
        made.sees = seen_ahead(*ahead, v, m);
        made.turned = made.sees == 0 && is_only(ahead->of(v, m.keys, m.rows), m.number);
        if (!best || weight(made) > weight(*best)) best = made;
      }
    }
  return best;
}

std::string Unmasked::why() const {
  const std::string at = line_of(mask);
  if (sees == 1) return at + " lets each place see the next one";
  if (sees > 1) return fmt::format("{} lets each place see the {} next ones", at, sees);
  if (turned) return at + " keeps out what is past and lets each place see what is to come";
  if (mask.type().dtype == DType::boolean)
    return at + " is not known to be the same wherever a key is later than its row";
  if (holds.one_number())
    return fmt::format("{} holds {} ahead of each place and not {}, which only nearly keeps it out", at,
                       text(holds.least), text(wanted));
  if (holds.known())
    return fmt::format("{} holds numbers from {} to {} ahead of each place and not {}", at, text(holds.least),
                       text(holds.most), text(wanted));
  return fmt::format("{} may hold any number ahead of each place and not only {}", at, text(wanted));
}

std::string Unmasked::help() const {
  if (mask.type().shape.elements() > ClosedValues::most_elements)
    return fmt::format("let it have at most {} elements, for a larger mask is not evaluated",
                       ClosedValues::most_elements);
  if (turned) return "exchange the two sides of its comparison: keep out each key that is later than its row";
  if (sees > 0) return "keep out each key that is later than its row, as key > row does";
  const bool flag = mask.type().dtype == DType::boolean;
  return fmt::format("let it be {} wherever a key is later than its row, as in where(key > row, {}, scores)",
                     flag ? "set" : text(wanted), text(wanted));
}

}  // namespace vitrine
