#pragma once
// A history played forward, as the page does it: which nodes are alive and what each reads. It shares no code with the
// compiler, so that a page which shows another graph than the one compiled is found out here.
#include "tools/report/history.hpp"

namespace vitrine {

class Replay {
 public:
  /// Stands before the first change.
  explicit Replay(const History&);
  void apply(const Change&);
  /// InternalError with the first difference between what is shown and what was there.
  void demand_equal(const Graph&, const std::string& where) const;

 private:
  void demand(bool same, std::uint32_t id, const std::string& where) const;

  std::vector<bool> alive_;
  std::vector<std::vector<std::uint32_t>> operands_;
};

}  // namespace vitrine
