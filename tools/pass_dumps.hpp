#pragma once
// The graph around every pass that changed it, under the header lines that MLIR prints and Compiler Explorer's pipeline
// view looks for. That view pairs "Before" with "After" by the pass's name, in turn; a pass without "Before" it shows
// as one that made everything.
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

class PassDumps {
 public:
  struct Which {
    bool before = false, after = false;
    explicit operator bool() const { return before || after; }
  };
  PassDumps(Which which, const Graph& start);

  /// This pass has made `now` of the graph seen last.
  void see(const Graph& now, std::string_view pass);
  const std::string& text() const { return text_; }
  /// Whether the text ends with the graph seen last.
  bool ends_with_the_last() const { return which_.after && !text_.empty(); }

 private:
  void dump(std::string_view when, std::string_view pass, const std::string& graph);

  Which which_;
  std::string last_{}, text_{};
};

}  // namespace vitrine
