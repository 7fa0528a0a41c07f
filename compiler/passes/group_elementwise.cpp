// Elementwise nodes of one shape that feed each other run as one step, element by element, without storing what lies
// between; an op that leads (a matmul, a convolution) becomes the step's head and hands them its result while it is in
// cache. What a head computes on its way (max_pool2d the place of each maximum) is a further result of its step. An op
// that sinks (a sum, a mean, a maximum) ends the step of the chain that it reads, and takes its numbers as they are
// made. Nothing is computed twice and nothing is reordered, so the bits stay.
//   %1 = mul(x, y)   %2 = sum_to(%1)   =>   the same, both @g1: the product is not stored
//   %3 = matmul(a, b)   %4 = add(%3, c)   %5 = relu(%4)   =>   the same, all three @g1
#include <algorithm>
#include <set>

#include "compiler/inner_masks.hpp"
#include "compiler/kernel_nodes.hpp"
#include "compiler/later_step.hpp"
#include "compiler/passes.hpp"
#include "compiler/step_order.hpp"
#include "compiler/view.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "f(x), g(f(x)) => one step";

/// Each node of a step may have to be stored, and a step stores at most 64 results.
constexpr std::size_t most_members = 64;

class Grouping {
 public:
  Grouping(Graph& graph, Rewriter& rewriter)
      : graph_(graph), rewriter_(rewriter), steps_(graph), later_(graph, steps_), inner_masks_(graph) {}

  void run() {
    for (Value v : graph_.topological())
      if (is_mask(v) && computes_numbers(v)) tie_mask_to_its_reader(v);
    for (Value v : graph_.topological()) {
      if (may_join(v))
        for (Value operand : std::vector(v.operands())) consider(operand, v);
      if (can_sink(v)) consider_sink(v.operands()[0], v);
    }
    for (Value v : graph_.topological()) {
      if (v.op() && v.op()->info->companion_of) join_head(v);
      if (can_reduce_in_step(v)) consider_beside(v);
    }
    for (const std::vector<Value>& members : steps_.joined())
      if (std::ranges::any_of(
              members, [&](Value v) { return v.node().group == 0 || v.node().group != members[0].node().group; }))
        rewriter_.group(members, rule);
  }

 private:
  bool together(Value a, Value b) const { return steps_.step(a) == steps_.step(b); }

  void consider(Value producer, Value consumer) {
    if (together(producer, consumer)) return;
    if (!producer.op() || (!may_join(producer) && !can_lead(producer))) return;
    if (const Value sink = sink_read_by(steps_.members(consumer), steps_.members(producer)))
      return refuse(
          producer, consumer,
          [&] {
            return "%" + std::to_string(sink.id) +
                   " is complete only when its step is, and what reads it would be in it";
          },
          "nothing: what is reduced is stored once, or computed again");
    if (producer.type().shape != consumer.type().shape) {
      if (producer.type().shape.elements() > 1)
        refuse(
            producer, consumer,
            [&] {
              return (Sentence{} << "%" << producer.id << " has shape " << producer.type().shape << " and this has "
                                 << consumer.type().shape)
                  .str();
            },
            "give both one shape, or reduce after the elementwise work");
      return;
    }
    if (head_of(steps_.members(producer)) && head_of(steps_.members(consumer)))
      return refuse(
          producer, consumer,
          [&] { return "a step has one head, and %" + std::to_string(producer.id) + " would bring a second one"; },
          "nothing: the second head's result is stored once");
    if (const Value head = head_reading(steps_.members(producer), steps_.members(consumer)))
      return refuse(
          producer, consumer,
          [&] {
            return "%" + std::to_string(head.id) + " of its step reads %" + std::to_string(producer.id) +
                   "'s, and a head runs before the rest of its step";
          },
          "nothing: what the head reads is stored once");
    for (const auto& [one, other] : {std::pair{producer, consumer}, std::pair{consumer, producer}})
      if (const Value sink = clashing_sink(steps_.members(one), steps_.members(other)))
        return refuse(
            producer, consumer,
            [&] { return "%" + std::to_string(sink.id) + " is reduced in another order than the other step goes"; },
            "nothing: what the chain computes is stored once");
    if (const Value reader = later_.of(producer, consumer))
      return refuse(
          producer, consumer,
          [&] {
            return "%" + std::to_string(reader.id) +
                   " alone reads it and is in a later step: made there, of what is stored anyway, it is not stored";
          },
          "nothing: it runs with what reads it");
    if (steps_.members(producer).size() + steps_.members(consumer).size() > most_members)
      return refuse(
          producer, consumer,
          [&] {
            return "the step would have more than " + std::to_string(most_members) +
                   " nodes, and as many results may have to be stored";
          },
          "nothing: the chain goes on in a second step");
    if (const Value between = steps_.between(producer, consumer))
      return refuse(
          producer, consumer,
          [&] {
            return "%" + std::to_string(between.id) +
                   " reads from the one and feeds the other, so it would have to run in the middle of the step";
          },
          "move that use before or after the chain");
    steps_.join(producer, consumer);
  }

  /// A sink of the one step that does not go with what is in the other, or empty.
  static Value clashing_sink(const std::vector<Value>& a, const std::vector<Value>& b) {
    const Value head = head_of(b);
    for (Value sink : a) {
      if (!is_sink_of(sink, a)) continue;
      if (head && !hands_to_sink(head, sink)) return sink;
      for (Value other : b)
        if (is_sink_of(other, b) && !fit_together(sink, other)) return sink;
    }
    return {};
  }
  /// A sink of `producers` that one of `group` reads, else empty.
  static Value sink_read_by(const std::vector<Value>& group, const std::vector<Value>& producers) {
    for (Value v : producers)
      if (is_sink_of(v, producers) && std::ranges::any_of(group, [&](Value reader) {
            return std::ranges::find(reader.operands(), v) != reader.operands().end();
          }))
        return v;
    return {};
  }

  /// Whether a value is its operand seen otherwise, and its step computes neither.
  bool only_looks(Value v) const {
    if (!is_layout(*v.op())) return false;
    const Value behind = v.operands()[0];
    return !behind.op() || !together(v, behind) || only_looks(behind);
  }

  /// A reduction joins the step of what it reads, if it can take that as it is made.
  void consider_sink(Value producer, Value sink) {
    if (together(producer, sink) || steps_.members(sink).size() > 1 || !producer.op()) return;
    const std::vector<Value>& members = steps_.members(producer);
    const bool computed = may_join(producer) && producer.type().dtype == DType::f32;
    if (!computed && !can_lead(producer)) return;
    if (computed && only_looks(producer))
      return refuse(producer, sink, "it only looks at what another step has stored, and no kernel computes it",
                    "nothing: what it looks at is read once");
    const Value head = head_of(members);
    if (sink.op()->info->sinks == Sinking::pools) return consider_pool(producer, sink, head);
    if (!computed || (head && !hands_to_sink(head, sink)))
      return refuse(producer, sink,
                    "a head hands out its result in chunks of its own, and sums have an order of theirs",
                    "nothing: the result is read once more");
    if (!axes_reduced(sink))
      return refuse(producer, sink, "it reduces axes that are neither the first nor the last ones",
                    "move the axes that are reduced to one side");
    for (Value other : members)
      if (is_sink_of(other, members) && !fit_together(sink, other))
        return refuse(
            producer, sink,
            [&] { return "%" + std::to_string(other.id) + " takes what the step makes in another order"; },
            "nothing: the chain's result is stored, and read once more");
    if (members.size() + 1 > most_members)
      return refuse(
          producer, sink, [&] { return "the step would have more than " + std::to_string(most_members) + " nodes"; },
          "nothing: the chain's result is stored once");
    steps_.join(producer, sink);
  }

  /// A reduction joins the step of others over what it reads: that is read once for all of them.
  void consider_beside(Value sink) {
    const std::vector<Value> own = steps_.members(sink);
    if (!runs_without_head(own)) return;
    for (Value part : own)
      for (Value read : part.operands()) {
        if (together(read, sink) || read.type().shape != sink.operands()[0].type().shape) continue;
        for (Value reader : graph_.users(read))
          if (!together(reader, sink) && may_run_beside(steps_.members(reader), own)) {
            steps_.join(reader, sink);
            return consider_beside(sink);
          }
      }
  }
  /// Kernels and their sinks, or a reduction alone, which is one as soon as there is a kernel beside it.
  bool runs_without_head(const std::vector<Value>& step) const {
    return std::ranges::all_of(step, [&](Value v) { return may_join(v) || can_reduce_in_step(v); }) &&
           (step.size() == 1 || !head_of(step));
  }
  bool may_run_beside(const std::vector<Value>& others, const std::vector<Value>& own) {
    std::vector<Value> all = own;
    all.insert(all.end(), others.begin(), others.end());
    const Shape& shape = own.back().operands()[0].type().shape;
    const bool sums = std::ranges::any_of(others, can_reduce_in_step);
    const bool kernel = std::ranges::any_of(all, computes_numbers);
    if (!sums || !kernel || all.size() > most_members || !runs_without_head(others)) return false;
    for (Value v : all) {
      if ((can_reduce_in_step(v) ? v.operands()[0] : v).type().shape != shape) return false;
      for (Value other : all)
        if (can_reduce_in_step(v) && can_reduce_in_step(other) && !fit_together(v, other)) return false;
    }
    const auto reads_one_of = [](const std::vector<Value>& readers, const std::vector<Value>& made) {
      return std::ranges::any_of(readers, [&](Value v) {
        return std::ranges::any_of(
            v.operands(), [&](Value o) { return can_reduce_in_step(o) && std::ranges::find(made, o) != made.end(); });
      });
    };
    return !reads_one_of(own, others) && !reads_one_of(others, own) && !steps_.between(own[0], others[0]) &&
           !steps_.between(others[0], own[0]);
  }

  /// A pooling joins the convolution of which it alone sees the images: each is pooled while it is in cache, and the
  /// next one is made in its place.
  void consider_pool(Value producer, Value pool, Value head) {
    if (!head || producer == head || !hands_to_sink(head, pool)) return;  // it leads a step of its own
    const std::vector<Value>& members = steps_.members(producer);
    for (Value v : members) {
      if (is_sink_of(v, members)) continue;
      const auto users = graph_.users(v);
      const bool others =
          is_result(v) || !std::ranges::all_of(users, [&](Value user) {
            return std::ranges::find(members, user) != members.end() || (can_sink(user) && fit_together(pool, user));
          });
      if (others)
        return refuse(producer, pool,
                      "%" + std::to_string(v.id) + " is read by others too, so that all images have to be stored",
                      "nothing: the pooling reads them once more");
    }
    steps_.join(producer, pool);
  }

  /// A companion joins the step of the op that computes it, wherever both read the same.
  void join_head(Value companion) {
    for (Value head : graph_.users(companion.operands()[0])) {
      if (!accompanies(companion, head) || together(head, companion)) continue;
      for (Value other : steps_.members(head))
        if (other.op() && *other.op() == *companion.op() && other.operands() == companion.operands())
          return refuse(
              head, companion, [&] { return "its step computes %" + std::to_string(other.id) + ", which is the same"; },
              "run merge_duplicates before");
      for (Value reader : graph_.users(companion))
        if (together(reader, head))
          return refuse(
              head, companion,
              [&] { return "%" + std::to_string(reader.id) + " of its step reads it, and a kernel reads its head"; },
              "compute it in a step of its own, as now");
      for (const auto& [from, to] : {std::pair{head, companion}, std::pair{companion, head}})
        if (const Value between = steps_.between(from, to))
          return refuse(
              head, companion,
              [&] { return "%" + std::to_string(between.id) + " reads from the one and feeds the step of the other"; },
              "compute it in a step of its own, as now");
      return steps_.join(head, companion);
    }
  }

  /// The head among `group` if it reads one of `producers`, else empty.
  static Value head_reading(const std::vector<Value>& producers, const std::vector<Value>& group) {
    for (Value v : group)
      if (can_lead(v) && std::ranges::any_of(
                             v.operands(), [&](Value o) { return std::ranges::find(producers, o) != producers.end(); }))
        return v;
    return {};
  }

  void tie_mask_to_its_reader(Value mask) {
    const auto readers = graph_.users(mask);
    if (inner_masks_.contains(mask)) return steps_.join(mask, readers[0]);
    lone_masks_.insert(mask.id);
    refuse(
        mask, {},
        [&] {
          return "its mask would have to be stored for " + std::to_string(readers.size()) +
                 " readers, and kernels store numbers only";
        },
        "compute the mask again for each reader");
  }
  /// What reads a mask from outside of its group reads memory that no kernel knows.
  bool may_join(Value v) const {
    return computes_numbers(v) && !lone_masks_.contains(v.id) && std::ranges::none_of(v.operands(), [&](Value o) {
             return o.type().dtype == DType::boolean && !together(o, v);
           });
  }

  void refuse(Value producer, Value consumer, Wording reason, Wording suggestion,
              std::source_location at = std::source_location::current()) {
    rewriter_.refuse_to_join(producer, consumer, rule, reason, suggestion, at);
  }

  Graph& graph_;
  Rewriter& rewriter_;
  StepOrder steps_;
  LaterStep later_;
  InnerMasks inner_masks_;
  std::set<std::uint32_t> lone_masks_{};
};

}  // namespace

void group_elementwise(Graph& graph, Rewriter& rewriter) { Grouping(graph, rewriter).run(); }

}  // namespace vitrine
