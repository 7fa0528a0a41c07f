// 2017: attention is all you need (Vaswani et al., arXiv 1706.03762); 2018: a decoder that learns by guessing what
// follows (Radford et al., "Improving Language Understanding by Generative Pre-Training").

#include "milestones/05_gpt/models.hpp"
#include "milestones/05_gpt/sequences.hpp"
#include "milestones/all.hpp"
#include "vitrine/language_model.hpp"

namespace vitrine {

Project gpt() {
  return language_model(
      {.name = "gpt",
       .year = "2017",
       .idea = "attention: every place of a text asks those before it what it needs",
       .optimizer = AdamW{.rate = {.rate = 5e-3f, .warm_up_steps = 50}, .weight_decay = 0.1f, .clip = {.norm = 1}},
       .epochs = 7,
       .quick_epochs = 2,
       .quick_fraction = 0.75,
       .below_bigram = 0.8,
       .quick_below_bigram = 0.25,
       .prompt = "\n\n",
       .parts = {{"attention", "each place reads itself only, so that the model is a bigram with layers"},
                 {"positions", "the order of what came before is lost, but for what the mask says of it"},
                 {"residual", "what a block makes takes the place of what came in, so that gradients pass through all"},
                 {"norm", "numbers go from block to block as they are: two blocks or four can bear it, many cannot"},
                 {"mask", "a place sees what follows it and copies it, and learns nothing about what comes next"}},
       .forward = transformer::character_model,
       .quick_forward = transformer::quick_character_model,
       .before = transformer::learn_sequences});
}

}  // namespace vitrine
