#pragma once
// `run gpt --quick` on a small text.
#include <random>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

namespace vitrine {

/// About so many bytes of sentences that a model learns within seconds: 25 characters, of which two behind one another
/// say little about the third.
inline std::string sentences(std::size_t bytes) {
  constexpr std::array who{"the cat", "the dog", "a bird", "the old man", "my friend", "a fish"};
  constexpr std::array does{"sees", "likes", "follows", "forgets", "finds"};
  constexpr std::array what{"the house", "the river", "a song", "the moon", "an apple"};
  std::mt19937 random(3);
  const auto one_of = [&](const auto& words) { return std::string(words[random() % words.size()]); };
  std::string text;
  while (text.size() < bytes) {
    text += one_of(who) + " " + one_of(does) + " ";
    text += one_of(what) + ". " + (random() % 5 == 0 ? "\n" : "");
  }
  return text;
}

/// A text in a folder of its own. Pictures of graphs are left out by leaving `dot` out: they would be most of the time.
struct TextRun {
  Scratch scratch{};
  std::string text = path("text.txt"), out = path("out"), model = out + "/gpt_quick.safetensors";
  Variable no_dot{"PATH", scratch.folder().string()};

  explicit TextRun(const std::string& content) { put(text, content); }
  std::string path(std::string_view name) const { return (scratch / name).string(); }
  std::vector<std::string> words(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> made{"run", "gpt", "--quick", "--data", text, "--out", out};
    made.insert(made.end(), more.begin(), more.end());
    return made;
  }
  Finished run(const std::vector<std::string>& more = {}) const {
    Finished done = vitrine_run(words(more));
    INFO(typed(words(more)) << "\n" << done.out << done.err);
    CHECK((done.status == 0 || done.status == 1));
    CHECK(is_plain(done.out + done.err));
    return done;
  }
};

}  // namespace vitrine
