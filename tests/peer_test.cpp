// How a peer is run: what a variant's name asks for, which variants there are, which are measured with care, and what
// is said where a peer is missing.
#include "tools/peer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/isa.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tools/peer_look.hpp"
#include "tools/peer_variants.hpp"
#include "tools/workloads.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

bool has(const Words& words, const std::string& word) { return std::ranges::find(words, word) != words.end(); }
Words command(const std::string& variant, const std::string& peer = "torch") {
  return peer_command({.work = "W2_fwd", .peer = peer, .variant = variant, .unit = "ms", .threads = 2}, 7, "models");
}
Measured sampled(const std::string& variant, std::vector<double> samples, const std::string& unit = "ms") {
  return {.work = "W2", .peer = "torch", .variant = variant, .unit = unit, .samples = samples, .busy = {1}};
}
Words variants_of(const std::vector<Measured>& rows) {
  Words made;
  for (const Measured& row : rows) made.push_back(row.variant + " " + std::to_string(row.threads));
  return made;
}

}  // namespace

TEST_CASE("a peer's variant is the program's word, and settings of its environment behind it") {
  const auto plain = command("channels_last"), all = command("script, one heap, Sapphirerapids");
  CHECK(Words(plain.end() - 4, plain.end()) == Words{"W2_fwd", "channels_last", "2", "7"});
  CHECK(Words(all.end() - 4, all.end()) == Words{"W2_fwd", "script", "2", "7"});
  CHECK(has(all, "OPENBLAS_CORETYPE=Sapphirerapids"));
  CHECK(has(all, "MALLOC_MMAP_MAX_=0"));
  for (const std::string& word : plain) CHECK((word.find('=') == word.npos || word.starts_with("LD_LIBRARY_PATH=")));
  // Whatever the shell of the user says.
  for (const char* name : {"OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS"}) CHECK(has(plain, name));
  CHECK(has(command("eager, avx512"), "ATEN_CPU_CAPABILITY=avx512"));
  CHECK_FALSE(has(command("eager, avx512"), "OPENBLAS_CORETYPE=Haswell"));
}

TEST_CASE("ONNX Runtime runs under node, which looks for it where the user says and beside this program") {
  const Variable path("NODE_PATH", "said");
  const auto words = command("dynint8", "onnxruntime");
  CHECK(Words(words.end() - 5, words.end()) == Words{"models", "W2_fwd", "dynint8", "2", "7"});
  CHECK(has(words, "node"));
  CHECK(std::ranges::count_if(words, [](const std::string& word) {
          return word.starts_with("NODE_PATH=said:") && word.ends_with("/node_modules");
        }) == 1);
}

TEST_CASE("a peer that is bound is told to keep each thread on a core") {
  Measured peer{.work = "W2_fwd", .peer = "torch", .variant = "ofi", .unit = "ms", .threads = 2};
  CHECK(has(peer_command(peer, 7, "models", true), "OMP_PROC_BIND=true"));
  CHECK_FALSE(has(peer_command(peer, 7, "models"), "OMP_PROC_BIND=true"));
  peer.peer = "onnxruntime";
  CHECK(peer_command(peer, 7, "models", true).back() == "bound");
  CHECK(peer_command(peer, 7, "models").back() == "7");
}

TEST_CASE(
    "every workload but writing has a peer, and where products are part of it OpenBLAS is told what the processor is") {
  const bool wide = best_isa() == Isa::avx512, newest = wide && __builtin_cpu_supports("avx512bf16");
  for (const Workload& work : workloads()) {
    const std::string name(work.name);
    CAPTURE(name);
    const auto [ways, cores] = torch_variants(name);
    if (name.starts_with("W4")) {
      CHECK(ways.empty());
      CHECK(onnxruntime_variants(name).empty());
      continue;
    }
    REQUIRE_FALSE(ways.empty());
    REQUIRE(cores.at(0).empty());
    const bool multiplies = !name.starts_with("W5");
    CHECK(has(cores, "Cooperlake") == (multiplies && newest));
    CHECK(has(cores, "Sapphirerapids") == (multiplies && newest));
    CHECK(has(cores, "SkylakeX") == (multiplies && wide && !newest));
    CHECK(has(cores, "Haswell") == (multiplies && !wide));
    CHECK(onnxruntime_variants(name).empty() == (!work.in_use || name == "W5copy"));
  }
  CHECK(torch_variants("W4").ways.empty());
}

TEST_CASE("the look settles the kind of processor first, then the way, and at two threads takes up the better half") {
  Words looked_at;
  const Look look = [&](Measured& peer) {
    looked_at.push_back(peer.variant + " " + std::to_string(peer.threads));
    const bool is_best = peer.variant.starts_with("channels_last, one heap"), next = peer.variant.starts_with("script");
    peer.samples = {is_best ? 10. : next ? 10.5 : 20.};
    peer.busy = {1};
    return peer.variant != "channels_last";  // which does not run
  };
  const auto kept = promising_peers("W2", "ms", {"torch"}, {1, 2}, look);
  const auto [ways, cores] = torch_variants("W2");
  // At one thread each kind of processor and each further way; at two, two of the three that ran.
  CHECK(looked_at.size() == cores.size() + ways.size() - 1 + 2);
  CHECK(variants_of(kept) ==
        Words{"channels_last, one heap 1", "script, one heap 1", "channels_last, one heap 2", "script, one heap 2"});
  for (const Measured& peer : kept) CHECK((peer.samples.empty() && peer.busy.empty()));
  CHECK(promising_peers("W2", "ms", {}, {1, 2}, look).empty());
  CHECK(promising_peers("W1b_fwd", "ms", {"onnxruntime"}, {2}, look).size() == 2);
}

TEST_CASE("of looks the best stays and a second near it, 8 bits compete among themselves, speed is better when more") {
  CHECK(variants_of(worth_measuring({sampled("a", {9}), sampled("b", {5}), sampled("c", {5.2}), sampled("d", {5.1}),
                                     sampled("qint8", {4})})) == Words{"b 1", "d 1", "qint8 1"});
  CHECK(variants_of(worth_measuring({sampled("a", {9}, "GFLOP/s"), sampled("b", {5}, "GFLOP/s")})) == Words{"a 1"});
  CHECK(worth_measuring({}).empty());
}

TEST_CASE("a peer that is missing is named with what to install") {
  const Scratch empty;
  const std::string nothing = (empty / "nothing").string();
  CHECK_THAT(peer_missing("torch", {.python = nothing}), Contains("python3-torch") && Contains("libopenblas0-openmp"));
  CHECK_THAT(peer_missing("onnxruntime", {.python = nothing}), Contains("python3-onnx"));
  put(empty / "python", "#!/bin/sh\nexit 0\n");
  std::filesystem::permissions(empty / "python", std::filesystem::perms::owner_all);
  CHECK_THAT(peer_missing("onnxruntime", {.python = (empty / "python").string(), .node = nothing}),
             Contains("npm install --ignore-scripts --prefix ") && Contains(" onnxruntime-node"));
}
