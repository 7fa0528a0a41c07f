#include "tools/text/split.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <memory>

#include "tools/data/text_data.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

// White space is Unicode's White_Space, as in the pattern's first home, a regular-expression module for Python. PCRE2's
// own \s has U+180E besides. "++" gives nothing back, and nothing follows it that would want some.
constexpr std::string_view gpt2_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}++| ?\p{N}++| ?[^\p{White_Space}\p{L}\p{N}]++)"
    R"(|\p{White_Space}+(?![^\p{White_Space}])|\p{White_Space}+)";

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
using Code = std::unique_ptr<pcre2_code, FreeCode>;
using Match = std::unique_ptr<pcre2_match_data, FreeMatch>;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

Code compile(std::string_view pattern) {
  int error = 0;
  std::size_t offset = 0;
  Code code(pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
  if (!code) throw InternalError(fmt::format("PCRE2: error {} at offset {} of GPT-2's pattern", error, offset));
  return code;
}

/// Appends the pieces of UTF-8. PCRE2 would check the whole text anew for every piece, so it is told not to.
void add_gpt2_pieces(std::string_view text, std::vector<std::string_view>& pieces) {
  static const Code code = compile(gpt2_pattern);
  const Match match(pcre2_match_data_create(1, nullptr));
  if (!match) throw std::bad_alloc();
  for (std::size_t at = 0; at < text.size();) {
    const int count = pcre2_match(code.get(), units(text), text.size(), at, PCRE2_NO_UTF_CHECK, match.get(), nullptr);
    const std::size_t* place = pcre2_get_ovector_pointer(match.get());
    if (count < 1 || place[0] != at || place[1] <= at)
      throw InternalError(fmt::format("PCRE2: answer {} at offset {}, where GPT-2's pattern has a piece", count, at));
    pieces.push_back(text.substr(at, place[1] - at));
    at = place[1];
  }
}

}  // namespace

std::string_view name_of(Split split) { return split == Split::gpt2 ? "gpt2" : "none"; }

std::vector<std::string_view> pieces_of(std::string_view text, Split split) {
  std::vector<std::string_view> pieces;
  if (split == Split::none) {
    if (!text.empty()) pieces.push_back(text);
    return pieces;
  }
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t valid_until = end_of_utf8(text, at);
    add_gpt2_pieces(text.substr(at, valid_until - at), pieces);
    at = valid_until;
    while (at < text.size() && end_of_utf8(text.substr(at, 4)) == 0) ++at;
    if (at > valid_until) pieces.push_back(text.substr(valid_until, at - valid_until));
  }
  return pieces;
}

}  // namespace vitrine
