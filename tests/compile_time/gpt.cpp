// What a user compiles for a language model: its sizes, and the graph.
#include "vitrine/models/gpt.hpp"

#include "vitrine/trace.hpp"

using namespace vitrine;

namespace sizes {
constexpr Axis batch{"batch", 16}, time{"time", 128}, token{"token", 96}, width{"width", 128}, head{"head", 4};
}

Graph forward() {
  using namespace sizes;
  return trace_language_model(Gpt<batch, sizes::time, token, width, head, 4>{}, "gpt");
}
