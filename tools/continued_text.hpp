#pragma once
// A language model that goes on from where it was: what it saw is kept, and a token costs one token.
#include <map>

#include "compiler/continuation.hpp"
#include "compiler/passes.hpp"
#include "runtime/pool.hpp"
#include "runtime/program.hpp"
#include "tools/text_program.hpp"

namespace vitrine {

/// One text that grows. It is read in chunks of 256, 64, 16, 4 and 1 tokens, the largest that it fills first, so that
/// nothing is padded and no length is compiled anew.
class ContinuedText {
 public:
  /// States, which hold the parameters, and pool must outlive this object. Throws UsageError with the reason for a
  /// model that cannot go on. `most_rows`: of a chunk; where windows are kept in rings, these have room for as many.
  /// `few_bits`: keys and values are kept in eight bits (compiler/quantized_cache.hpp). `passes` must last.
  ContinuedText(const Graph& forward, States&, Pool&, std::size_t most_rows = 256, bool few_bits = false,
                std::span<const Pass> passes = decode_pipeline);

  /// Scores of what may come behind these tokens, which come behind those read before; until the next call. InputError
  /// where a token is none, or where there is no room: see room().
  std::span<const float> read(std::span<const std::int32_t> tokens);
  /// Scores behind a text that is read anew from its beginning, whatever was kept, in one chunk of `rows` rows, of
  /// which the last may be left over. The next text begins anew too.
  std::span<const float> reread(std::span<const std::int32_t> tokens, std::size_t rows);
  void begin_anew() { position_ = 0; }
  /// Compiles what texts of so many tokens need, so that reading does not wait for it.
  void prepare(std::size_t tokens);

  /// How many more tokens can be read; no end if only windows are kept.
  std::size_t room() const;
  const ContinuationReport& report() const { return report_; }

 private:
  /// A chunk's program, and where it reads and writes: looked up by name once.
  struct Chunk {
    Program program;
    std::vector<std::int32_t> tokens;
    std::span<const float> scores;
  };
  Chunk& chunk_of(std::size_t rows);
  Graph graph_of(std::size_t rows, ContinuationReport* = nullptr) const;
  void run(Chunk&, std::span<const std::int32_t> tokens);
  std::size_t chunk_for(std::size_t tokens) const;

  States& states_;
  Pool& pool_;
  TextAxes axes_;
  Graph whole_;
  std::size_t most_rows_;
  bool few_bits_;
  std::span<const Pass> passes_;
  ContinuationReport report_{};
  std::map<std::size_t, Chunk> chunks_{};  // by rows
  std::size_t position_ = 0;
  std::int32_t position_bound_ = 0, length_bound_ = 0;
};

}  // namespace vitrine
