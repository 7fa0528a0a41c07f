#pragma once
// Passes change a graph through a Rewriter only, so that the record of what they did is complete.
#include <concepts>
#include <source_location>
#include <unordered_map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A node as it stood at a rewrite: op and type never change, but its operands may later.
struct Seen {
  Value value;
  std::vector<Value> operands;
};

/// One change: what was matched, and the nodes that were made for it since the change before.
struct Rewrite {
  std::string_view pass;
  std::string rule;
  std::source_location at;
  std::vector<Seen> matched, made;
  Value by;             // what takes the place of matched[0]; empty if nothing does
  bool groups = false;  // what was matched runs as one step, and is as it was otherwise
};

/// A candidate that a pass turned down: the first condition that failed, and what would help.
struct Refusal {
  std::string_view pass;
  std::string rule;
  std::source_location at;
  Value candidate;
  std::string reason, suggestion;
  Value producer{}, consumer{};  // of a fusion: whose value is stored, and what reads it again (empty: all its readers)
  bool operator==(const Refusal& o) const {
    return pass == o.pass && rule == o.rule && candidate == o.candidate && reason == o.reason;
  }
};

/// What the passes did, in order. It keeps counts, not clocks: the same graph gives the same record.
struct Record {
  std::vector<Rewrite> rewrites{};
  std::vector<Refusal> refusals{};
  bool keeps = true;      // not: rewrites are counted, and nothing of them or of refusals is built or stored
  std::size_t count = 0;  // of rewrites
};

/// What a pass says of a change. It is made into text only if it is recorded: a literal, or a function that puts it
/// together. It must outlive the call that it is handed to, no longer.
class Wording {
 public:
  Wording(const char* text) : text_(text) {}
  Wording(std::string_view text) : text_(text) {}
  Wording(const std::string& text) : text_(text) {}
  template <std::invocable F>
  Wording(const F& make)
      : function_(&make), make_([](const void* f) { return std::string((*static_cast<const F*>(f))()); }) {}
  std::string str() const { return make_ ? make_(function_) : std::string(text_); }

 private:
  std::string_view text_{};
  const void* function_ = nullptr;
  std::string (*make_)(const void*) = nullptr;
};

/// Thrown where a pass asks for one change more than it was allowed: the graph stands as the last one left it.
struct EnoughRewrites {};
inline constexpr std::size_t no_limit = ~std::size_t{0};

class Rewriter {
 public:
  using Where = std::source_location;
  /// `most`: how many changes the record may hold in the end.
  Rewriter(Graph&, std::string_view pass, Record&, std::size_t most = no_limit);

  /// Every use of value becomes a use of by (but where a node made for it reads value itself, as f(x) may), which has
  /// value's type (InternalError otherwise). Nodes made since the last change know value as their origin, its line and
  /// its module.
  void replace(Value value, Value by, Wording rule, Where = Where::current());
  /// A new node with a value's op and operands, for a reader that is to have its own: made although it has a twin.
  Value twin(Value);
  /// A node that nothing reads goes.
  void erase(Value, Wording rule, Where = Where::current());
  /// The state is not updated any more.
  void keep(Value state, Wording rule, Where = Where::current());
  /// The nodes run as one step from now on (a group of their own if they had none).
  void group(std::span<const Value>, Wording rule, Where = Where::current());
  void refuse(Value candidate, Wording rule, Wording reason, Wording suggestion, Where = Where::current());
  /// The same of a fusion: the consumer, which is the candidate, does not join the producer's step. Without a consumer
  /// nothing that reads the producer does.
  void refuse_to_join(Value producer, Value consumer, Wording rule, Wording reason, Wording suggestion,
                      Where = Where::current());

 private:
  void refuse(Refusal);
  void demand_room();
  std::vector<Value> made_since_the_last_change();
  void note(Wording rule, Where, std::vector<Seen> matched, std::span<const Value> made, Value by, bool groups = false);

  Graph& graph_;
  std::string_view pass_;
  Record& record_;
  std::size_t most_;
  std::uint32_t made_until_;
  std::unordered_multimap<std::uint32_t, std::size_t> refused_{};  // candidate -> what this pass turned down before
};

/// Whether a value is an output or the next value of a state.
inline bool is_result(Value v) { return v.graph->is_result(v); }
/// Whether anything reads it.
inline bool is_used(Value v) { return is_result(v) || v.graph->is_read(v); }

}  // namespace vitrine
