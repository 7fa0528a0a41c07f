#pragma once
// Models as A. Karpathy's llama2.c keeps them (https://github.com/karpathy/llama2.c, its first format): model.bin and
// tokenizer.bin, numbers without names. `tools/fetch stories` gets one.
#include <filesystem>

#include "runtime/tensor_file.hpp"
#include "tools/text/pieces.hpp"

namespace vitrine {

/// The seven numbers in front of model.bin.
struct Llama2cSizes {
  std::size_t width = 0, wide = 0, depth = 0, heads = 0, kv_heads = 0, vocabulary = 0, time = 0;
};

/// model.bin: i32[7], then f32: the embedding [vocabulary, width]; of all blocks one after the other the gains before
/// attention, the weights of queries, keys, values and what merges them, the gains before the feed-forward layer, its
/// gate, down and up; the last gain; cosines and sines [time, each / 2] of rotary positions. Its weights are [out, in].
struct Llama2cModel {
  Llama2cSizes sizes;
  /// Under the names and in the layout of include/vitrine/models/llama.hpp: weights [in, out].
  std::map<std::string, HostTensor> parameters;
};
/// Throws InputError for a file that is not as long as its sizes say (truncated, or another format), has sizes that no
/// model has, scores that are not its embedding's, or rotary positions that are not those of the layer here.
Llama2cModel read_llama2c_model(const std::filesystem::path& path);

/// tokenizer.bin: i32, the longest piece's bytes; then for each piece f32 score, i32 length and as many bytes; a byte's
/// piece is the character of that number. Throws InputError for a file that ends early or late, has another number of
/// pieces than `vocabulary`, or no sound pieces (pieces.hpp).
std::unique_ptr<PieceTokenizer> read_llama2c_tokenizer(const std::filesystem::path& path, std::size_t vocabulary);

/// Reads both and writes one file as save_language_model does, named `name`. InputError as above; nothing is written
/// then.
Llama2cSizes convert_llama2c(const std::filesystem::path& model, const std::filesystem::path& tokenizer,
                             const std::filesystem::path& to, const std::string& name);

}  // namespace vitrine
