// A cheap elementwise value that steps apart from each other read is computed in each of them, from what lies in memory
// anyway, and not stored: what is subtracted from its own mean, what a layer norm's gradient sums in four ways. And a
// mask that several read, for no mask is stored. The same formula of the same numbers has the same bits.
//   %2 = mul(x, y)   mean(%2)   sub(%2, mean(%2))   =>   mul(x, y) for the mean, and once more for the difference
// Where ways part and meet again is a matter of dominators: all that reads a value meets at its nearest post-dominator,
// and a reader that waits for a reduction on the way there cannot be in the value's own step. Bytes spared are weighed
// against work repeated. Never repeated are what takes longer than a few operations, and what has a maximum subtracted
// from it under an exponential: the maximum must be of the very numbers that it is taken from.
#include <map>
#include <queue>
#include <set>

#include "compiler/byte_text.hpp"
#include "compiler/kernel_nodes.hpp"
#include "compiler/passes.hpp"
#include "compiler/post_dominators.hpp"
#include "compiler/print.hpp"
#include "vitrine/ops/max_to.hpp"

namespace vitrine {

namespace {

constexpr const char* rule = "f(x), g(f(x)), h(f(x)) => f(x) in the step of g, and in that of h";
constexpr const char* mask_rule = "a mask that several read => one for each of them";

/// An operation on one number takes about as long as a byte from the third-level cache: `bench W5gelu` makes 60 of them
/// in 0.46 ns, and such a cache reads 126 GB/s (`profile`).
constexpr std::size_t bytes_for_an_operation = 1;
/// What needs more is not repeated, whatever it would spare.
constexpr std::size_t most_operations = 4;
/// A search for what lies between ends here: readers so far away are in another step.
constexpr std::size_t most_searched = 512;

bool is_dear(Scalar op) {
  return op == Scalar::divide || op == Scalar::power || (op >= Scalar::square_root && op <= Scalar::cosine);
}

/// The operations of a formula; nothing for one of division, roots or functions.
std::optional<std::size_t> cheap_operations(Value v) {
  std::set<const Term*> seen;
  std::vector<Symbol> open{v.op()->formula(v.operands().size())};
  std::size_t operations = 0;
  while (!open.empty()) {
    const Symbol term = open.back();
    open.pop_back();
    if (!seen.insert(term.get()).second || arity(term->op) == 0) continue;
    if (is_dear(term->op)) return {};
    ++operations;
    for (int i = 0; i < arity(term->op); ++i) open.push_back(term->from[static_cast<std::size_t>(i)]);
  }
  return operations;
}

class Repeating {
 public:
  Repeating(Graph& graph, Rewriter& rewriter)
      : graph_(graph), rewriter_(rewriter), order_(graph.topological()), post_(graph), place_(graph.end_of_ids()) {
    for (std::size_t i = 0; i < order_.size(); ++i) place_[order_[i].id] = i;
    for (Value v : order_)
      if (computes_numbers(v) && std::ranges::any_of(v.operands(), [&](Value o) {
            return o.type().shape == v.type().shape && (led_.contains(o.id) || (can_lead(o) && !computes_numbers(o)));
          }))
        led_.insert(v.id);
  }

  /// Readers before what they read: what is made for them is one more reader of what comes next.
  void run() {
    for (auto v = order_.rbegin(); v != order_.rend(); ++v) {
      if (!computes_numbers(*v) || is_result(*v)) continue;
      const std::vector<Value> readers = readers_of(*v);
      if (readers.size() < 2) continue;
      is_mask(*v) ? visit_mask(*v, readers) : visit(*v, readers);
    }
  }

 private:
  std::vector<Value> readers_of(Value v) const {
    std::vector<Value> readers = graph_.users(v);
    std::ranges::sort(readers, {}, &Value::id);
    const auto twice = std::ranges::unique(readers);
    readers.erase(twice.begin(), twice.end());
    return readers;
  }
  static bool takes_in_kernel(Value reader, Value v) {
    return computes_numbers(reader) && reader.type().shape == v.type().shape;
  }

  void visit_mask(Value mask, const std::vector<Value>& readers) {
    if (std::ranges::all_of(readers, [&](Value reader) { return takes_in_kernel(reader, mask); }))
      for (std::size_t i = 1; i < readers.size(); ++i) give_own(mask, readers[i], mask_rule);
  }

  void visit(Value v, const std::vector<Value>& readers) {
    const auto [apart, far] = apart_from(v);
    if (apart.empty() || !far.empty()) return;
    const auto refuse = [&](Wording reason, Wording suggestion) { rewriter_.refuse(v, rule, reason, suggestion); };
    for (Value reader : readers)
      if (!takes_in_kernel(reader, v) && !can_reduce_in_step(reader))
        return refuse([&] { return name_of(reader) + " reads it from memory, so that it is stored anyway"; },
                      "nothing: the others read what is stored");
    const auto operations = cheap_operations(v);
    if (!operations || *operations > most_operations)
      return refuse("what takes longer than a few operations is computed once",
                    "nothing: it is stored, and read again");
    for (Value reader : readers)
      if (as<MaxTo>(reader))
        return refuse(
            [&] { return name_of(reader) + " is its maximum, and is to be of the very numbers it is taken from"; },
            "nothing: it is stored, and read again");
    const std::size_t spared = (1 + kinds(apart)) * v.type().bytes(), paid = bytes_paid(v, apart),
                      copies = apart.size() - (apart.size() == readers.size() ? 1 : 0),
                      work = copies * *operations * v.type().shape.elements() * bytes_for_an_operation;
    if (paid + work >= spared)
      return refuse(
          [&] {
            return "it would spare " + byte_text(spared) + " and cost " + byte_text(paid) +
                   " of other operands, and work that takes as long as " + byte_text(work);
          },
          "nothing: it is stored, and read again");
    for (std::size_t i = apart.size() - copies; i < apart.size(); ++i) give_own(v, apart[i], rule);
  }

  /// How many steps the readers are taken for: the sums of one value run in one, and so does what waits for them.
  static std::size_t kinds(const std::vector<Value>& apart) {
    return (std::ranges::any_of(apart, can_sink) ? 1 : 0) + (std::ranges::all_of(apart, can_sink) ? 0 : 1);
  }

  /// What the readers read in its place: operands of its size that are not stored yet, or that nothing near reads.
  std::size_t bytes_paid(Value v, const std::vector<Value>& apart) {
    std::size_t paid = 0;
    std::set<std::uint32_t> seen;
    for (Value operand : v.operands()) {
      if (operand.type().shape.elements() != v.type().shape.elements() || !seen.insert(operand.id).second) continue;
      const std::size_t bytes = operand.type().bytes();
      if (!is_stored(operand, v)) paid += bytes;
      if (!is_read_apart(operand, v)) paid += kinds(apart) * bytes;
    }
    return paid;
  }
  bool is_stored(Value operand, Value but_for) {
    if (!operand.op() || is_result(operand)) return true;
    return std::ranges::any_of(readers_of(operand), [&](Value reader) {
      return reader != but_for &&
             ((!takes_in_kernel(reader, operand) && !can_reduce_in_step(reader)) || apart_from(operand).has(reader));
    });
  }
  /// By a sum, or elementwise work behind one: the step that would have the copy may well be theirs.
  bool is_read_apart(Value operand, Value but_for) {
    const auto& [near, far] = apart_from(operand);
    const auto another = [&](Value reader) { return reader != but_for; };
    return std::ranges::any_of(near, another) || std::ranges::any_of(far, another);
  }

  /// Readers that cannot be in a value's own step: sums of what follows a head, and kernels that wait for more than
  /// kernels. Of those that are too far to be sure it is taken for granted.
  struct Apart {
    std::vector<Value> sure{}, far{};
    bool has(Value v) const {
      return std::ranges::find(sure, v) != sure.end() || std::ranges::find(far, v) != far.end();
    }
  };
  const Apart& apart_from(Value v) {
    const auto [at, fresh] = apart_.try_emplace(v.id);
    if (!fresh) return at->second;
    const bool led = led_.contains(v.id) || (can_lead(v) && !computes_numbers(v));
    Apart found;
    std::vector<Value> kernels;
    for (Value reader : readers_of(v))
      if (takes_in_kernel(reader, v))
        kernels.push_back(reader);
      else if (can_reduce_in_step(reader) && led)
        found.sure.push_back(reader);
    find_behind_others(v, kernels, found);
    return apart_[v.id] = std::move(found);
  }

  /// Which of its readers a way leads to through a node that no kernel computes. No such way goes past where all meet.
  void find_behind_others(Value v, const std::vector<Value>& readers, Apart& found) const {
    if (readers.empty()) return;
    std::size_t last = 0;
    for (Value reader : readers) last = std::max(last, place(reader));
    const std::size_t end = std::min(last, place(post_.meets(v)));
    std::map<std::pair<std::size_t, std::uint32_t>, bool> open;  // whether a way there goes through more than kernels
    const auto go = [&](Value from, bool through) {
      for (Value next : graph_.users(from))
        if (place(next) <= end) open[{place(next), next.id}] |= through;
    };
    go(v, false);
    std::set<std::uint32_t> passed;
    for (std::size_t searched = 0; !open.empty() && searched < most_searched; ++searched) {
      const auto [at, through] = *open.begin();
      open.erase(open.begin());
      const Value here = graph_.find(at.second);
      passed.insert(here.id);
      if (through && std::ranges::find(readers, here) != readers.end()) found.sure.push_back(here);
      go(here, through || !takes_in_kernel(here, v));
    }
    for (Value reader : readers)
      if (!passed.contains(reader.id)) found.far.push_back(reader);
  }
  std::size_t place(Value v) const { return v ? place_.at(v.id) : order_.size(); }

  void give_own(Value v, Value reader, const char* said) {
    std::vector<Value> operands = reader.operands();
    for (Value read : operands) apart_.erase(read.id);
    for (Value read : v.operands()) apart_.erase(read.id);
    const Value twin = rewriter_.twin(v);
    std::ranges::replace(operands, v, twin);
    const Value again = graph_.add(*reader.op(), std::move(operands));
    place_.resize(graph_.end_of_ids());
    place_[twin.id] = place(v), place_[again.id] = place(reader);
    if (led_.contains(reader.id)) led_.insert(again.id);
    rewriter_.replace(reader, again, said);
    rewriter_.erase(reader, said);
  }

  Graph& graph_;
  Rewriter& rewriter_;
  std::vector<Value> order_;
  PostDominators post_;
  std::vector<std::size_t> place_;  // by node id, in the order; of a copy that of its model
  std::set<std::uint32_t> led_{};   // in the step of a head, if they are where what they read is
  std::map<std::uint32_t, Apart> apart_{};
};

}  // namespace

void repeat_producers(Graph& graph, Rewriter& rewriter) { Repeating(graph, rewriter).run(); }

}  // namespace vitrine
