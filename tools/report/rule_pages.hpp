#pragma once
// What a learner reads of a rewrite rule beside its equation, which is the rule's own name in the record.
#include <span>
#include <string_view>

namespace vitrine {

struct RulePage {
  std::string_view rule;       // "neg(neg(x)) => x"; of several alike the beginning
  std::string_view statement;  // one sentence: what it does and why that helps
  std::string_view legal_if;   // when it may be done
};

std::span<const RulePage> rule_pages();
/// The page with this rule or the longest beginning of it; null if there is none.
const RulePage* rule_page(std::string_view rule);

}  // namespace vitrine
