// compiles
// The mended twins of the mistakes with attention, positions, embeddings and blocks, and the models made of them.
#include "vitrine/models/gpt.hpp"
#include "vitrine/models/llama.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, token{"token", 96}, head{"head", 2},
    kv{"kv", 1}, wide{"wide", 12};
using Stream = Tensor<batch, step, width>;

void right(const Embedding<token, width>& tokens, const LearnedPositions<step, width>& positions,
           const SelfAttention<step, width, head>& attention, const RotaryAttention<step, width, head, kv>& rotary,
           const GptBlock<step, width, head>& block, const FeedForward<width, wide>& mlp, Indices<batch, step> text) {
  Stream x = tokens(text) + positions();
  Stream y = x + sinusoidal_positions<step, width>();
  Stream z = attention.looking<everywhere>(block(mlp(rotary(attention(y)))));
  Tensor<batch, step, token> scores = tokens.scores(z);
}

Graph gpt() { return trace_language_model(Gpt<batch, step, token, width, head, 2>{}, "gpt"); }
Graph llama() { return trace_language_model(Llama<batch, step, token, width, head, kv, wide, 2>{}, "llama"); }
