#pragma once
// Reference pages as one HTML file: no script, no request, the same bytes each time.
#include <string>
#include <vector>

namespace vitrine {

struct ReferenceEntry {
  std::string name{}, badge{};  // the badge: a pass's contract, an op's kind
  std::string colour{};         // of the badge, "#cfe8f7"; none: plain
  std::string lead{};           // one sentence
  struct Part {
    std::string label{}, text{};
    bool is_code = false;
  };
  std::vector<Part> parts{};  // empty texts are left out
};

/// Entries in this order under a list of their names; any text may be in them, and is shown as it is.
std::string reference_page(const std::string& title, const std::string& introduction,
                           const std::vector<ReferenceEntry>&);

}  // namespace vitrine
