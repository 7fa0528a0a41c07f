#include "tools/llama2c.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "tools/data/text_data.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/rotary.hpp"

namespace vitrine {
namespace {

constexpr std::size_t numbers_in_front = 7;

/// The sizes, if a model can have them.
Llama2cSizes sizes_of(const InputFile& file) {
  std::array<std::int32_t, numbers_in_front> given{};
  if (file.size() < sizeof given)
    throw InputError(
        fmt::format("{}: it has {} bytes, and a model of llama2.c begins with {}; it is truncated or no "
                    "such model, use another copy",
                    file.name(), file.size(), sizeof given));
  file.read(0, std::as_writable_bytes(std::span(given)));
  const auto refuse = [&](const std::string& why) {
    throw InputError(fmt::format(
        "{}: it begins with {} (width, width inside, blocks, heads, heads of keys, tokens, places), and {}; "
        "use a model of llama2.c's first format",
        file.name(), fmt::join(given, ", "), why));
  };
  constexpr std::int32_t most = 1 << 20;  // a product of three is below 2^63
  if (given[5] < 0)
    refuse(
        "a negative number of tokens means a last layer of its own, where the model here reads its "
        "embedding the other way");
  for (const std::int32_t size : given)
    if (size <= 0 || size > most) refuse("no model has such sizes");
  const auto at = [&](std::size_t i) { return static_cast<std::size_t>(given[i]); };
  const Llama2cSizes sizes{at(0), at(1), at(2), at(3), at(4), at(5), at(6)};
  if (sizes.width % (2 * sizes.heads) != 0 || sizes.heads % sizes.kv_heads != 0 || sizes.depth > 1024)
    refuse("so many heads cannot share the width, or the keys, or there are too many blocks");
  return sizes;
}

/// Takes floats from the front of a file.
class Floats {
 public:
  Floats(const InputFile& file, std::uint64_t begin) : file_(file), at_(begin) {}

  std::vector<float> take(std::size_t count) {
    std::vector<float> numbers(count);
    file_.read(at_, std::as_writable_bytes(std::span(numbers)));
    at_ += count * sizeof(float);
    return numbers;
  }

 private:
  const InputFile& file_;
  std::uint64_t at_;
};

HostTensor tensor(std::vector<std::size_t> sizes, const std::vector<float>& numbers) {
  const auto bytes = std::as_bytes(std::span(numbers));
  return {DType::f32, std::move(sizes), {bytes.begin(), bytes.end()}};
}

/// [out, in] as [in, out].
HostTensor turned(std::size_t out, std::size_t in, const std::vector<float>& numbers) {
  std::vector<float> made(numbers.size());
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t i = 0; i < in; ++i) made[i * out + o] = numbers[o * in + i];
  return tensor({in, out}, made);
}

/// Rotary positions are computed by the layer here, so those of the file must be the same.
void check_angles(const Llama2cSizes& s, Floats& from, const std::string& file) {
  const std::size_t each = s.width / s.heads, pairs = each / 2;
  const std::vector<float> cosines = from.take(s.time * pairs), sines = from.take(s.time * pairs);
  for (std::size_t t = 0; t < s.time; ++t)
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const Turn turn = rotary_turn(static_cast<std::int32_t>(t), rotary_rate(pair, each, 10000.f));
      const double c = static_cast<double>(cosines[t * pairs + pair]), d = static_cast<double>(sines[t * pairs + pair]);
      if (!(std::abs(c - turn.cosine) < 1e-3 && std::abs(d - turn.sine) < 1e-3))
        throw InputError(
            fmt::format("{}: it turns pair {} at place {} by cosine {:.4f} and sine {:.4f}, and the layer "
                        "here by {:.4f} and {:.4f}; use a model with positions of base 10000",
                        file, pair, t, c, d, turn.cosine, turn.sine));
    }
}

std::uint64_t floats_of(const Llama2cSizes& s) {
  const std::uint64_t served = s.kv_heads * (s.width / s.heads);
  return s.vocabulary * s.width + s.depth * (2 * s.width + 2 * s.width * s.width + 2 * s.width * served) +
         s.depth * 3 * s.width * s.wide + s.width + s.time * (s.width / s.heads);
}

/// How the first format spells a mark or a byte, and how pieces.hpp does: it has a line's end around the marks of a
/// text, and a byte as the character of that number.
std::pair<std::string, std::string> respelled(std::size_t id) {
  if (id == 1) return {"\n<s>\n", "<s>"};
  if (id == 2) return {"\n</s>\n", "</s>"};
  if (id < PieceTokenizer::first_byte || id >= PieceTokenizer::first_piece) return {};
  const auto byte = static_cast<unsigned>(id - PieceTokenizer::first_byte);
  const std::string character =
      byte < 0x80 ? std::string(1, static_cast<char>(byte))
                  : std::string{static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))};
  return {character, spelled_byte(byte)};
}

}  // namespace

Llama2cModel read_llama2c_model(const std::filesystem::path& path) {
  const InputFile file(path);
  const Llama2cSizes s = sizes_of(file);
  constexpr std::size_t front = numbers_in_front * sizeof(std::int32_t);
  if (const std::uint64_t wanted = front + floats_of(s) * sizeof(float); file.size() != wanted)
    throw InputError(
        fmt::format("{}: it has {} bytes, and a model of the sizes in front of it has {}; it is truncated "
                    "or of another format, use another copy",
                    file.name(), file.size(), wanted));
  Floats from(file, front);
  const std::size_t served = s.kv_heads * (s.width / s.heads);
  Llama2cModel made{s, {}};
  const auto add = [&](const std::string& name, HostTensor tensor) { made.parameters[name] = std::move(tensor); };
  const auto gains = [&](const char* name) {
    for (std::size_t i = 0; i < s.depth; ++i)
      add(fmt::format("blocks.{}.{}.gain", i, name), tensor({s.width}, from.take(s.width)));
  };
  const auto weights = [&](const char* name, std::size_t out, std::size_t in) {
    for (std::size_t i = 0; i < s.depth; ++i)
      add(fmt::format("blocks.{}.{}.weight", i, name), turned(out, in, from.take(out * in)));
  };
  add("tokens.weight", tensor({s.vocabulary, s.width}, from.take(s.vocabulary * s.width)));
  gains("before_attention");
  weights("attention.query", s.width, s.width);
  weights("attention.keys", served, s.width);
  weights("attention.values", served, s.width);
  weights("attention.merged", s.width, s.width);
  gains("before_mlp");
  weights("mlp.gate", s.wide, s.width);
  weights("mlp.down", s.width, s.wide);
  weights("mlp.up", s.wide, s.width);
  add("norm.gain", tensor({s.width}, from.take(s.width)));
  check_angles(s, from, file.name());
  return made;
}

std::unique_ptr<PieceTokenizer> read_llama2c_tokenizer(const std::filesystem::path& path, std::size_t vocabulary) {
  const std::string bytes = read_text_bytes(path), name = in_quotes(path.native());
  std::vector<Piece> pieces;
  std::size_t at = sizeof(std::int32_t);  // behind the longest piece's length, of which nobody here has need
  const auto number = [&]<class N>(N& into) {
    if (bytes.size() < at + sizeof into) return false;
    std::memcpy(&into, bytes.data() + at, sizeof into);
    at += sizeof into;
    return true;
  };
  while (at < bytes.size()) {
    Piece piece;
    std::int32_t length = 0;
    if (!number(piece.score) || !number(length) || length < 0 || static_cast<std::size_t>(length) > bytes.size() - at)
      throw InputError(
          fmt::format("{}: piece {} ends behind the file's {} bytes; it is truncated or no tokenizer of "
                      "llama2.c, use another copy",
                      name, pieces.size(), bytes.size()));
    piece.text = bytes.substr(at, static_cast<std::size_t>(length));
    at += static_cast<std::size_t>(length);
    if (const auto [was, is] = respelled(pieces.size()); piece.text == was) piece.text = is;
    pieces.push_back(std::move(piece));
  }
  if (pieces.size() != vocabulary)
    throw InputError(fmt::format("{}: it has {} pieces, and its model {}; use files that belong together", name,
                                 pieces.size(), vocabulary));
  return std::make_unique<PieceTokenizer>(std::move(pieces), name);
}

Llama2cSizes convert_llama2c(const std::filesystem::path& model, const std::filesystem::path& tokenizer,
                             const std::filesystem::path& to, const std::string& name) {
  Llama2cModel read = read_llama2c_model(model);
  const auto pieces = read_llama2c_tokenizer(tokenizer, read.sizes.vocabulary);
  write_tensor_file(to, {std::move(read.parameters), {{"model", name}, {tokenizer_key, pieces->to_json()}}});
  return read.sizes;
}

}  // namespace vitrine
