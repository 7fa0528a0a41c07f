#include "compiler/later_step.hpp"

#include <algorithm>
#include <set>

#include "compiler/kernel_nodes.hpp"
#include "compiler/rewriter.hpp"

namespace vitrine {

Value head_of(const std::vector<Value>& step) {
  const auto head = std::ranges::find_if(step, [&](Value v) { return !computes_numbers(v) && !is_sink_of(v, step); });
  return head == step.end() ? Value{} : *head;
}

bool is_sink_of(Value v, const std::vector<Value>& step) {
  if (!can_sink(v)) return false;
  if (std::ranges::find(step, v.operands()[0]) != step.end()) return true;
  return reads_beside(v, step);
}

Value LaterStep::of(Value producer, Value v, int links) {
  if (links == 0 || is_result(v) || is_mask(v)) return {};
  const Value head = head_of(steps_.members(producer));
  Value kernel{}, sum{};
  for (Value reader : graph_.users(v)) {
    if (computes_numbers(reader)) {
      if (reader.type().shape != v.type().shape || (kernel && kernel != reader)) return {};
      kernel = reader;
    } else {
      if (!head || !can_reduce_in_step(reader) || hands_to_sink(head, reader)) return {};
      sum = reader;
    }
  }
  if (bool(kernel) == bool(sum) || !reads_stored(v)) return {};
  if (sum) return sum;
  if (waits(kernel, producer, v)) return kernel;
  return of(producer, kernel, links - 1);
}

/// Whether all that v reads is in memory when its readers run, or is made there with it, and is not more than it would
/// cost to store v.
bool LaterStep::reads_stored(Value v) {
  std::size_t bytes = 0;
  std::set<std::uint32_t> seen;
  for (Value operand : v.operands()) {
    if (operand.type().shape.elements() != v.type().shape.elements() || !seen.insert(operand.id).second) continue;
    if (!is_stored(operand, v)) {
      const bool comes_along = computes_numbers(operand) && graph_.users(operand).size() == 1;
      if (!comes_along || !reads_stored(operand)) return false;
    }
    bytes += operand.type().bytes();
  }
  return bytes <= 2 * v.type().bytes();
}

bool LaterStep::is_stored(Value operand, Value but_for) {
  if (!operand.op() || is_result(operand)) return true;
  const bool led = bool(head_of(steps_.members(operand)));
  return std::ranges::any_of(graph_.users(operand), [&](Value reader) {
    if (reader == but_for || steps_.step(reader) == steps_.step(operand)) return false;
    if (can_reduce_in_step(reader)) return led;
    return !computes_numbers(reader) || reader.type().shape != operand.type().shape || waits(reader, operand, but_for);
  });
}

/// Whether the kernel that a reader is in needs what a way leads to from the producer's step through other steps.
bool LaterStep::waits(Value reader, Value producer, Value but_for) {
  std::vector<Value> open{reader};
  std::set<std::uint32_t> seen{but_for.id};
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    for (Value operand : v.operands()) {
      if (!operand.op() || steps_.step(operand) == steps_.step(producer) || !seen.insert(operand.id).second) continue;
      if (seen.size() > most_looked_at) return false;
      if (computes_numbers(operand) && operand.type().shape == reader.type().shape)
        open.push_back(operand);
      else if (leads_to(producer, operand))
        return true;
    }
  }
  return false;
}

bool LaterStep::leads_to(Value producer, Value v) {
  const auto reads = [&](Value part) {
    return std::ranges::any_of(part.operands(),
                               [&](Value operand) { return steps_.step(operand) == steps_.step(producer); });
  };
  return std::ranges::any_of(steps_.members(v), reads) || steps_.between(producer, v);
}

}  // namespace vitrine
