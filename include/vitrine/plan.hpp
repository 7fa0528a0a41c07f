#pragma once
// The compiler's last word and the runtime's first: plain data. compile(graph, target) makes a Plan, load(plan) a
// Program. Compiler and runtime never include each other; they meet here.
#include <optional>
#include <string>
#include <vector>

#include "vitrine/graph.hpp"
#include "vitrine/kernel.hpp"

namespace vitrine {

/// Whose memory a tensor lies in: the plan's arena, or one of the caller's inputs, states, or the plan's constants.
enum class Space : std::uint8_t { arena, input, state, constant };

/// A tensor somewhere in memory. With strides, transposes and prefixes are views and not copies.
struct Slot {
  Space space = Space::arena;
  std::uint32_t index = 0;  // which input, state or constant; 0 for the arena
  std::size_t offset = 0;   // bytes
  Type type{};
  std::array<std::ptrdiff_t, Shape::max_rank> strides{};  // elements; 0 along an axis that is repeated
  std::uint32_t value = 0;  // whose bytes are meant: the node that made them, or a number above all ids for a copy that
                            // the plan makes. A view has the value that it looks at. check_plan follows it
  bool operator==(const Slot&) const = default;
};

/// The strides of a dense, row-major tensor, in elements.
constexpr std::array<std::ptrdiff_t, Shape::max_rank> dense_strides(const Shape& shape) {
  std::array<std::ptrdiff_t, Shape::max_rank> made{};
  std::ptrdiff_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    made[static_cast<std::size_t>(i)] = stride;
    stride *= static_cast<std::ptrdiff_t>(shape[i].size);
  }
  return made;
}
/// Whether the elements lie densely in row-major order (axes of size 1 may have any stride).
constexpr bool is_dense(const Slot& slot) {
  const auto dense = dense_strides(slot.type.shape);
  for (int i = 0; i < slot.type.shape.rank(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (slot.type.shape[i].size > 1 && slot.strides[k] != dense[k]) return false;
  }
  return true;
}

/// Lasting operands (Step::lasting) of which a kernel would rather read one copy in an order of its own: made once, by a
/// step of its own.
struct Packing {
  std::string kernel{};  // that makes the copy: "pack_matrix", ...; none for no copy
  std::vector<std::size_t> operands{};
  std::size_t bytes = 0;  // of the copy
  explicit operator bool() const { return !kernel.empty(); }
};

/// How a target runs a step.
struct Choice {
  std::string kernel;           // "gemm", "elementwise", "softmax", ...; "reference" is the op's own definition
  std::size_t workspace = 0;    // bytes of scratch in the arena
  bool dense_operands = false;  // the kernel wants its head's operands dense and row-major
  double nanoseconds = 0;       // predicted
  std::string reason;           // why this kernel
  int overwrites = -1;          // the operand over which the head may write its result: it reads every element of a row
                                // before it writes the row, and no other row (or leaves the row as it is); -1: none
  Packing packing{};
};

/// One step: a head op, or an elementwise kernel, or a head with a kernel that reads its result while it is in cache;
/// and sinks, if it has any: ops that read what the kernel makes while that is in cache.
///  - head only: results = {head(operands)}.
///  - kernel only: results[i] = kernel register results[i], over `iteration`; kernel input k is operands[k].
///  - both: the head reads the first `head_operands` operands. Kernel input 0 is the head's result, input k > 0 is
///    operands[head_operands + k - 1]. The head's own result is stored only if the kernel lists it in its results.
///  - neither: results[0], u8[bytes], is the operands packed, as choice.kernel does it for an op, packs_for.
///  - with sinks, the kernel lists a register more for each than it stores results: the last ones, which they read and
///    which are stored only if they are listed among the others too. The sinks' results come behind the kernel's. They
///    lie over no operand.
/// A kernel operand broadcasts to `iteration`, aligned at the right. A result may lie in the memory of an operand that
/// the kernel reads at the same element only, or over which the head may write (choice.overwrites). Behind a head the
/// first dense result in the arena is where the head writes, before the kernel reads: it lies over no kernel operand.
struct Step {
  std::optional<Op> head{};
  std::size_t head_operands = 0;
  Type head_type{};              // of the head's result
  std::vector<Op> companions{};  // ops on the head's operands that it computes on its way: the last of `results`
  std::optional<Kernel> kernel{};
  std::vector<Op> sinks{};
  Shape iteration{};
  std::vector<Slot> operands{};
  std::vector<Slot> results{};
  Choice choice{};
  std::optional<Slot> workspace{};     // u8[bytes] in the arena
  std::optional<Slot> packed{};        // u8[bytes] in the arena: the operands of choice.packing, packed
  std::optional<Op> packs_for{};       // of a step that packs: the op that reads the copy
  std::vector<std::uint32_t> nodes{};  // what it computes
  /// The node whose value each operand holds (of a view: the view, not what it looks at). Empty for a step that only
  /// copies.
  std::vector<std::uint32_t> operand_nodes{};
  std::uint32_t group = 0;  // the group in the graph's text, 0 if alone
  bool once = false;        // run when the program is loaded, and again when a state was set, not at every run
  std::vector<std::size_t> lasting{};  // operands that hold the same at every run: constants, states that the plan does
                                       // not write, and what is made of them
  std::uint32_t sweep = 0;  // kernels of one sweep follow each other and need nothing of each other; 0: runs alone

  /// The results of head and kernel, without the sinks' and the companions'.
  std::size_t own_results() const { return results.size() - sinks.size() - companions.size(); }
  const Slot& sink_result(std::size_t sink) const { return results[own_results() + sink]; }
};

/// From the step that makes it to the last that reads it, a tensor keeps its place in the arena.
struct Lifetime {
  std::uint32_t node;  // the node, or for a workspace the step's last node
  bool workspace;
  std::size_t offset, bytes;
  std::size_t first, last;  // steps, both included; outputs live to the end
};

struct NamedSlot {
  std::string name;
  Slot slot;
};

struct Plan {
  std::string name;
  std::vector<std::pair<std::string, Type>> inputs;
  std::vector<std::pair<std::string, Type>> states;
  std::vector<Init> initial;  // of each state
  std::vector<Constant> constants;
  std::vector<Step> steps;
  std::vector<NamedSlot> outputs;
  std::size_t arena_bytes = 0;
  std::size_t lower_bound = 0;  // most bytes alive at once: no plan for this order of steps can need less
  std::string planner;          // who placed the tensors: the planner that needs fewest bytes
  std::vector<Lifetime> lifetimes;
};

/// What a machine can run, asked while a plan is made. Implemented by the runtime; tests use a fake.
class Target {
 public:
  virtual ~Target() = default;
  /// The kernel for a step whose head, kernel, iteration and operands are known, but not yet their places.
  virtual Choice choose(const Step&) const = 0;
};

}  // namespace vitrine
