#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace vitrine {

/// "; a; b; and 5 more": what differs, as the end of an error sentence. Two files may differ in any number of ways, and
/// a sentence must be read.
class DifferenceList {
 public:
  static constexpr std::size_t longest = 12;

  void add(std::string_view difference) {
    if (++count_ <= longest) text_ += "; " + std::string(difference);
  }
  bool empty() const { return count_ == 0; }
  std::string str() const {
    return count_ <= longest ? text_ : text_ + "; and " + std::to_string(count_ - longest) + " more";
  }

 private:
  std::string text_{};
  std::size_t count_ = 0;
};

}  // namespace vitrine
