// The one file that sees the inside of every op.
#include "compiler/op_table.hpp"

#include "vitrine/op_table.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {
template <class... Ops> std::vector<const OpInfo*> tables(List<Ops...>) {
  // Through pointers, so that each info<Op> is emitted for other files and not merely inlined here.
  static const OpInfo& (*const volatile get[])() = {&info<Ops>...};
  std::vector<const OpInfo*> all;
  for (auto each : get) all.push_back(&each());
  return all;
}
}  // namespace

const std::vector<const OpInfo*>& every_op() {
  static const auto all = tables(EveryOp{});
  return all;
}

const OpInfo* find_op(std::string_view name) {
  for (const OpInfo* info : every_op())
    if (info->doc.name == name) return info;
  return nullptr;
}

}  // namespace vitrine
