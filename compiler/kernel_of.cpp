#include "compiler/kernel_of.hpp"

#include <bit>
#include <limits>
#include <tuple>

#include "compiler/view.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

class KernelWriter {
 public:
  explicit KernelWriter(const KernelSources& sources) : sources_(sources) {}

  /// The register that holds a node's value.
  std::uint16_t of(Value v) {
    const auto found = values_.find(v.id);
    if (found != values_.end()) return found->second;
    if (const auto number = sources_.numbers.find(v.id); number != sources_.numbers.end())
      return values_[v.id] = put({.op = Scalar::constant, .number = number->second});
    const auto input = sources_.inputs.find(v.id);
    if (input == sources_.inputs.end())
      throw InternalError("kernel: %" + std::to_string(v.id) + " is neither in the group nor one of its operands");
    return values_[v.id] = put({.op = Scalar::input, .from = {input->second}});
  }

  void compute(Value v) {
    std::vector<std::uint16_t> operands;
    for (Value operand : v.operands()) operands.push_back(of(operand));
    if (is_layout(*v.op())) {
      values_[v.id] = operands[0];
      return;
    }
    std::map<const Term*, std::uint16_t> terms;
    values_[v.id] = read(v.op()->formula(operands.size()), operands, terms);
  }

  Kernel finish(Operands stored) {
    for (Value v : stored) kernel_.results.push_back(of(v));
    return std::move(kernel_);
  }

 private:
  std::uint16_t read(const Symbol& s, const std::vector<std::uint16_t>& operands,
                     std::map<const Term*, std::uint16_t>& terms) {
    if (s->op == Scalar::input) return operands.at(s->index);
    if (const auto found = terms.find(s.get()); found != terms.end()) return found->second;
    Instruction made{.op = s->op, .number = s->number};
    for (std::size_t i = 0; i < static_cast<std::size_t>(arity(s->op)); ++i)
      made.from[i] = read(s->from[i], operands, terms);
    return terms[s.get()] = put(made);
  }

  /// Equal instructions share a register. Numbers are compared as bits: -0 is not 0, and a NaN equals itself.
  std::uint16_t put(const Instruction& i) {
    const Key key{i.op, std::bit_cast<std::uint32_t>(i.number), i.from};
    const auto [at, fresh] = known_.try_emplace(key, static_cast<std::uint16_t>(kernel_.instructions.size()));
    if (!fresh) return at->second;
    if (kernel_.instructions.size() > std::numeric_limits<std::uint16_t>::max())
      throw InternalError("kernel: a group has more than 65,536 instructions; make smaller groups");
    kernel_.instructions.push_back(i);
    return at->second;
  }

  using Key = std::tuple<Scalar, std::uint32_t, std::array<std::uint16_t, 3>>;
  const KernelSources& sources_;
  Kernel kernel_;
  std::map<Key, std::uint16_t> known_;
  std::map<std::uint32_t, std::uint16_t> values_;
};

}  // namespace

Kernel kernel_of(Operands nodes, const KernelSources& sources, Operands stored) {
  KernelWriter writer(sources);
  for (Value v : nodes) writer.compute(v);
  return writer.finish(stored);
}

Kernel copying_kernel() { return {.instructions = {{.op = Scalar::input}}, .results = {0}}; }

}  // namespace vitrine
