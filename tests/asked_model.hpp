#pragma once
// A small language model with parameters as they begin, and a text to ask it with.
#include "tests/small_language.hpp"
#include "tools/language_probes.hpp"

namespace vitrine {

using Tokens = std::vector<std::int32_t>;

inline Tokens some_text(std::size_t count) {
  Tokens made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(static_cast<std::int32_t>((i * i + i / 3) % small::token.size));
  return made;
}

/// A model with parameters as they begin, and a text to ask it with.
struct Asked {
  Graph forward;
  Tokens text = some_text(41);
  Pool pool{2};
  States states{3};
  TextProgram whole{forward, small::batch.size, small::time.size, states, pool};  // makes the states

  explicit Asked(Graph graph) : forward(std::move(graph)) {}
  Probed probed() { return {forward, text, states, pool}; }
  /// Parameters and these tokens, in double.
  Named given(const Tokens& token, const Tokens& next) const {
    Named made{{"token", {token.begin(), token.end()}}, {"next", {next.begin(), next.end()}}};
    for (const std::string& name : states.names()) {
      const auto bytes = states.bytes(name);
      const auto* const from = reinterpret_cast<const float*>(bytes.data());
      made.emplace_back(name, std::vector<double>(from, from + bytes.size() / sizeof(float)));
    }
    return made;
  }
  Tokens window(std::size_t first, std::size_t count = small::time.size) const {
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(first);
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }
};

}  // namespace vitrine
