#pragma once
// A language model ready to be used: its file, and its weights in f32 or in few bits, as they are there or as asked.
#include "tools/language_generate.hpp"

namespace vitrine {

struct LanguageInUse {
  std::string path;
  LanguageFile file;
  std::string weights;     // "f32", or the scheme
  bool made_here = false;  // in few bits, of a file in f32
  bool cache_in_eight_bits = false;
  Graph graph;
  std::unique_ptr<States> states;
};

/// `weights`: "f32", a scheme, or empty for what the file has. Without `load`, the file that `quantize` left for the
/// scheme, if there is one that is no older than the f32 one, and else that, quantized in memory. UsageError where
/// `load` names a file of another scheme; InputError as open_language_file and read_quantized.
LanguageInUse open_in_use(const Writer&, const std::string& command, const std::string& load,
                          const std::string& weights, std::uint64_t seed, Pool&);

}  // namespace vitrine
