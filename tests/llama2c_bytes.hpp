#pragma once
// A model of llama2.c made in a test: its two files, and what llama2.c would compute with them.
#include <cmath>
#include <cstring>
#include <random>

#include "tests/scratch.hpp"
#include "tools/llama2c.hpp"

namespace vitrine {

template <class N> void append(std::string& bytes, const N& number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Letters, pairs of letters and a few words behind the marks and bytes; the later the rarer.
inline std::vector<std::string> small_pieces() {
  std::vector<std::string> made;
  for (const char* piece : {" t", "he", " a", " the", " b", "er", " be", "bee"}) made.push_back(piece);
  made.emplace_back(" ");
  for (char c = 'a'; c <= 'z'; ++c) made.emplace_back(1, c);
  return made;
}

inline std::string tokenizer_bytes(const std::vector<std::string>& pieces = small_pieces()) {
  std::string bytes;
  append(bytes, std::int32_t{27});
  const auto add = [&](float score, const std::string& text) {
    append(bytes, score);
    append(bytes, static_cast<std::int32_t>(text.size()));
    bytes += text;
  };
  for (const char* mark : {"<unk>", "\n<s>\n", "\n</s>\n"}) add(0, mark);
  for (unsigned byte = 0; byte < 256; ++byte)
    add(0, byte < 0x80 ? std::string(1, static_cast<char>(byte))
                       : std::string{static_cast<char>(0xc0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3f))});
  for (std::size_t i = 0; i < pieces.size(); ++i) add(-static_cast<float>(i), pieces[i]);
  return bytes;
}

/// Two blocks of width 8 with two heads that share a key and a value.
struct MadeUpLlama {
  std::int32_t width = 8, wide = 12, depth = 2, heads = 2, kv_heads = 1,
               vocabulary = static_cast<std::int32_t>(PieceTokenizer::first_piece + small_pieces().size()), time = 16;
  std::vector<float> embedding, before_attention, query, keys, values, merged, before_mlp, gate, down, up, norm,
      cosines, sines;

  MadeUpLlama() {
    std::mt19937 random(4);
    const auto filled = [&](std::int32_t count, float middle = 0) {
      std::vector<float> made(static_cast<std::size_t>(count));
      for (float& x : made) x = middle + static_cast<float>(random() % 2001) / 1000 - 1;
      return made;
    };
    const std::int32_t served = kv_heads * each();
    embedding = filled(vocabulary * width);
    before_attention = filled(depth * width, 1);
    query = filled(depth * width * width);
    keys = filled(depth * served * width);
    values = filled(depth * served * width);
    merged = filled(depth * width * width);
    before_mlp = filled(depth * width, 1);
    gate = filled(depth * wide * width);
    down = filled(depth * width * wide);
    up = filled(depth * wide * width);
    norm = filled(width, 1);
    for (std::int32_t t = 0; t < time; ++t)
      for (std::int32_t pair = 0; pair < each() / 2; ++pair) {
        cosines.push_back(static_cast<float>(std::cos(angle(t, pair))));
        sines.push_back(static_cast<float>(std::sin(angle(t, pair))));
      }
  }
  std::int32_t each() const { return width / heads; }
  double angle(std::int32_t t, std::int32_t pair) const { return t * std::pow(10000., -2. * pair / each()); }

  std::string bytes() const {
    std::string made;
    for (const std::int32_t size : {width, wide, depth, heads, kv_heads, vocabulary, time}) append(made, size);
    for (const auto* part : {&embedding, &before_attention, &query, &keys, &values, &merged, &before_mlp, &gate, &down,
                             &up, &norm, &cosines, &sines})
      made.append(reinterpret_cast<const char*>(part->data()), part->size() * sizeof(float));
    return made;
  }

  /// The scores behind each token, [token, vocabulary], one place after the other with keys and values kept, in double.
  std::vector<double> scores(const std::vector<std::int32_t>& tokens) const {
    using Row = std::vector<double>;
    const auto normed = [](const Row& x, const float* gain) {
      double squares = 0;
      for (const double e : x) squares += e * e;
      const double scale = 1 / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
      Row made(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) made[i] = x[i] * scale * static_cast<double>(gain[i]);
      return made;
    };
    const auto product = [](const float* w, std::int32_t out, const Row& x) {
      Row made(static_cast<std::size_t>(out));
      for (std::size_t o = 0; o < made.size(); ++o)
        for (std::size_t i = 0; i < x.size(); ++i) made[o] += static_cast<double>(w[o * x.size() + i]) * x[i];
      return made;
    };
    const auto turned = [&](Row x, std::int32_t t) {
      for (std::size_t i = 0; i < x.size(); i += 2) {
        const double a = angle(t, static_cast<std::int32_t>(i) % each() / 2), u = x[i], v = x[i + 1];
        x[i] = u * std::cos(a) - v * std::sin(a);
        x[i + 1] = u * std::sin(a) + v * std::cos(a);
      }
      return x;
    };
    std::vector<std::vector<Row>> known_keys(static_cast<std::size_t>(depth)), known_values(known_keys);
    std::vector<double> made;
    for (std::int32_t t = 0; t < static_cast<std::int32_t>(tokens.size()); ++t) {
      const float* const row = embedding.data() + tokens[static_cast<std::size_t>(t)] * width;
      Row x(row, row + width);
      for (std::int32_t layer = 0; layer < depth; ++layer) {
        const std::int32_t served = kv_heads * each();
        auto& past_keys = known_keys[static_cast<std::size_t>(layer)];
        auto& past_values = known_values[static_cast<std::size_t>(layer)];
        const Row in = normed(x, before_attention.data() + layer * width);
        const Row q = turned(product(query.data() + layer * width * width, width, in), t);
        past_keys.push_back(turned(product(keys.data() + layer * served * width, served, in), t));
        past_values.push_back(product(values.data() + layer * served * width, served, in));
        Row mixed(static_cast<std::size_t>(width));
        for (std::int32_t head = 0; head < heads; ++head) {
          const auto from = static_cast<std::size_t>(head * each()),
                     shared = static_cast<std::size_t>(head / (heads / kv_heads) * each());
          std::vector<double> weights;
          double sum = 0;
          for (const Row& key : past_keys) {
            double score = 0;
            for (std::size_t e = 0; e < static_cast<std::size_t>(each()); ++e) score += q[from + e] * key[shared + e];
            weights.push_back(std::exp(score / std::sqrt(each())));
            sum += weights.back();
          }
          for (std::size_t j = 0; j < weights.size(); ++j)
            for (std::size_t e = 0; e < static_cast<std::size_t>(each()); ++e)
              mixed[from + e] += weights[j] / sum * past_values[j][shared + e];
        }
        const Row attended = product(merged.data() + layer * width * width, width, mixed);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += attended[i];
        const Row read = normed(x, before_mlp.data() + layer * width);
        Row opened = product(gate.data() + layer * wide * width, wide, read);
        const Row high = product(up.data() + layer * wide * width, wide, read);
        for (std::size_t i = 0; i < opened.size(); ++i) opened[i] *= high[i] / (1 + std::exp(-opened[i]));
        const Row thought = product(down.data() + layer * width * wide, width, opened);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += thought[i];
      }
      const Row last = product(embedding.data(), vocabulary, normed(x, norm.data()));
      made.insert(made.end(), last.begin(), last.end());
    }
    return made;
  }
};

}  // namespace vitrine
