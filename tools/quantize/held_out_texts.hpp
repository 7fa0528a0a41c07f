#pragma once
// What a language model is measured on.
#include "tools/progress.hpp"
#include "tools/quantize/text_comparison.hpp"
#include "tools/text/tokenizer.hpp"

namespace vitrine {

/// Texts that the model itself writes at temperature 1, number i with seed first_seed + i, from the border token to the
/// one that ends it or until it has no more room: what it thinks texts are, for one whose data is not here. UsageError
/// for a tokenizer without such a token.
std::vector<TokenText> sampled_texts(const Graph& forward, States&, Pool&, const Tokenizer&, std::size_t count,
                                     std::uint64_t first_seed, Progress&);

/// The windows of a model's time that lie side by side in a text, each with the token behind it. InputError for a text
/// that has not one.
std::vector<TokenText> windows_of(const Graph& forward, std::span<const std::int32_t> held_out);

/// XXH3-128 of lengths and tokens.
std::string checksum_of(const std::vector<TokenText>&);

}  // namespace vitrine
