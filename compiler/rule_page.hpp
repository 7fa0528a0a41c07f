#pragma once
// What there is to say of a rewrite rule beside its equation, which is the rule's own name in the record: for reports,
// and for the page of the pass that has it.
#include <span>
#include <string_view>

namespace vitrine {

struct RulePage {
  std::string_view rule;       // "neg(neg(x)) => x"; of several alike the beginning
  std::string_view statement;  // one sentence: what it does and why that helps
  std::string_view legal_if;   // when it may be done: what follows "legal if"
};

/// The rules of a pass; of "", what differentiation and optimizers do.
std::span<const RulePage> rules_of(std::string_view pass);
/// The page with this rule or the longest beginning of it; null if there is none.
const RulePage* rule_page(std::string_view rule);

}  // namespace vitrine
