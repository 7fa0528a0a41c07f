// How a peer is run: what a variant's name asks for, and which variants are measured with care.
#include "tools/peer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/isa.hpp"

using namespace vitrine;

namespace {

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}
std::vector<std::string> command(const std::string& variant) {
  return peer_command({.work = "W2", .peer = "torch", .variant = variant, .unit = "ms", .threads = 2}, 7);
}
Measured sampled(const std::string& variant, int threads, std::vector<double> samples) {
  return {.work = "W2", .peer = "torch", .variant = variant, .unit = "ms", .threads = threads, .samples = samples};
}

}  // namespace

TEST_CASE("a peer's variant is the program's first word, and settings of its environment behind it") {
  const auto plain = command("channels_last"), all = command("script, one heap, Sapphirerapids");
  CHECK(std::vector(plain.end() - 4, plain.end()) == std::vector<std::string>{"W2", "channels_last", "2", "7"});
  CHECK(std::vector(all.end() - 4, all.end()) == std::vector<std::string>{"W2", "script", "2", "7"});
  CHECK(has(all, "OPENBLAS_CORETYPE=Sapphirerapids"));
  CHECK(has(all, "MALLOC_MMAP_MAX_=0"));
  for (const std::string& word : plain) CHECK((word.find('=') == word.npos || word.starts_with("LD_LIBRARY_PATH=")));
  // Whatever the shell of the user says.
  for (const char* name : {"OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS"}) CHECK(has(plain, name));
  CHECK(has(command("eager, avx512"), "ATEN_CPU_CAPABILITY=avx512"));
  CHECK_FALSE(has(command("eager, avx512"), "OPENBLAS_CORETYPE=Haswell"));
}

TEST_CASE("every workload's peer is also told what to take the processor for, with instructions that it has") {
  const bool wide = best_isa() == Isa::avx512, newest = wide && __builtin_cpu_supports("avx512bf16");
  for (const char* work : {"W1a", "W1b", "W2", "W3s", "W3m"}) {
    std::vector<std::string> at_one, at_two;
    for (const Measured& peer : peers_of(work)) (peer.threads == 1 ? at_one : at_two).push_back(peer.variant);
    CAPTURE(work);
    CHECK(at_one == at_two);
    const auto ends = [&](const std::string& word) {
      return std::ranges::count_if(at_one, [&](const std::string& variant) { return variant.ends_with(word); });
    };
    CHECK((ends(", Cooperlake") > 0) == newest);
    CHECK((ends(", Sapphirerapids") > 0) == newest);
    CHECK((ends(", SkylakeX") > 0) == (wide && !newest));
    CHECK((ends(", Haswell") > 0) == !wide);
    CHECK((ends(", avx512") > 0) == (wide && work[1] == '3'));
    CHECK(has(at_one, work == std::string("W1a") ? "script" : "script, one heap"));
  }
  CHECK(peers_of("W7").empty());
}

TEST_CASE("of the peers' variants those with the least sample stay, at each number of threads, without it") {
  const auto kept = fastest({sampled("a", 1, {9, 5}), sampled("b", 1, {4, 30}), sampled("a", 2, {3, 3}),
                             sampled("c", 1, {6, 6}), sampled("b", 2, {2, 8})},
                            2);
  std::vector<std::string> names;
  for (const Measured& peer : kept) {
    names.push_back(peer.variant + std::to_string(peer.threads));
    CHECK(peer.samples.empty());
  }
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"a1", "a2", "b1", "b2"});
}
