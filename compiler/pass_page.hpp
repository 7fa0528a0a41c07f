#pragma once
// What a reader wants to know about a pass beside its contract and equation.
#include <string>
#include <string_view>

namespace vitrine {

struct PassPage {
  std::string_view pass{};
  std::string_view statement{};  // what it does, in one sentence
  std::string legality{};        // where it may, and what it turns down
  std::string_view example{};    // a graph on which it fires, as text: what comes out is made by running it
};

/// Of a pass with one rule, what is said of the rule (rule_page.hpp). Null for a pass that has none, as a user's own.
const PassPage* page_of(std::string_view pass);

}  // namespace vitrine
