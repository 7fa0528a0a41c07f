// Passes as text: tests/golden/<pass>/<case>.vit is a graph, a line "=>", the graph that must come out, and a line for
// each candidate that must be turned down. VITRINE_UPDATE_GOLDEN=1 writes what comes out into the files: read the diff.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "compiler/parse.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/reference.hpp"
#include "compiler/verify.hpp"

using namespace vitrine;

namespace {

const std::filesystem::path folder = std::filesystem::path(VITRINE_SOURCE) / "tests/golden";

struct Golden {
  std::string comment, before, after;  // the comment says what the case promises
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Golden read(const std::filesystem::path& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Golden made;
  bool arrow = false;
  for (const std::string& line : lines_of(text)) {
    if (line == "=>")
      arrow = true;
    else if (!arrow && made.before.empty() && line.starts_with("//"))
      made.comment += line + "\n";
    else
      (arrow ? made.after : made.before) += line + "\n";
  }
  if (!arrow) throw std::runtime_error(path.string() + ": no line is '=>'");
  return made;
}

/// What comes out: the graph and a line for each refusal, with the node as it stood.
std::string result(const Graph& graph, const Record& record) {
  std::string text = print(graph);
  for (const Refusal& r : record.refusals)
    text += "refuses: " + name_of(r.candidate) + ": " + r.rule + ": " + r.reason + "\n";
  return text;
}

/// Lines only in `wanted` with '-', lines only in `got` with '+': by the longest common subsequence.
std::string difference(const std::string& wanted, const std::string& got) {
  const auto a = lines_of(wanted), b = lines_of(got);
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t k = b.size(); k-- > 0;)
      common[i][k] = a[i] == b[k] ? common[i + 1][k + 1] + 1 : std::max(common[i + 1][k], common[i][k + 1]);
  std::string text;
  std::size_t i = 0, k = 0;
  while (i < a.size() || k < b.size()) {
    if (i < a.size() && k < b.size() && a[i] == b[k])
      text += "  " + a[i] + "\n", ++i, ++k;
    else if (k == b.size() || (i < a.size() && common[i + 1][k] >= common[i][k + 1]))
      text += "- " + a[i++] + "\n";
    else
      text += "+ " + b[k++] + "\n";
  }
  return text;
}

/// Leaves full of what breaks careless identities, beside common numbers.
Values<float> adversarial_leaves(const Graph& graph, std::size_t turn) {
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  constexpr std::array hard{0.f, -0.f, 1.f, inf, -1.5f, nan, -inf, 1e-42f, 3.f, 0.25f, -2e30f};
  Values<float> made;
  for (Value v : graph.topological()) {
    if (v.op() || v.node().leaf == Leaf::constant) continue;
    auto& bytes = made[v.id];
    bytes.resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const std::size_t pick = (i + turn + 3 * v.id) % hard.size();
      const auto whole = static_cast<std::int32_t>(pick % 3);
      if (v.type().dtype == DType::f32)
        std::memcpy(&bytes[i * 4], &hard[pick], 4);
      else if (v.type().dtype == DType::i32)
        std::memcpy(&bytes[i * 4], &whole, 4);
      else
        bytes[i] = static_cast<std::byte>(pick % 2);
    }
  }
  return made;
}

/// Every NaN is one NaN: which of two operands' payloads an addition keeps is the processor's affair.
std::vector<std::byte> with_one_nan(const Type& type, std::vector<std::byte> bytes) {
  for (std::size_t i = 0; type.dtype == DType::f32 && i < type.shape.elements(); ++i) {
    float x = 0;
    std::memcpy(&x, &bytes[i * 4], 4);
    if (std::isnan(x)) x = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(&bytes[i * 4], &x, 4);
  }
  return bytes;
}

void check_same_bits(const Graph& before, const Graph& after) {
  for (std::size_t turn = 0; turn < 11; ++turn) {
    // Leaves keep their ids through a pass.
    const Values<float> leaves = adversarial_leaves(before, turn), was = evaluate<float>(before, leaves),
                        is = evaluate<float>(after, leaves);
    const auto check = [&](Value a, Value b) {
      return with_one_nan(a.type(), was.at(a.id)) == with_one_nan(b.type(), is.at(b.id));
    };
    for (std::size_t i = 0; i < before.outputs().size(); ++i) {
      CAPTURE(turn, before.outputs()[i].first);
      REQUIRE(check(before.outputs()[i].second, after.outputs()[i].second));
    }
    for (std::size_t i = 0; i < before.updates().size(); ++i)
      REQUIRE(check(before.updates()[i].second, after.updates()[i].second));
  }
}

void check_golden(const std::filesystem::path& path, const Pass& pass) {
  const Golden golden = read(path);
  const Graph before = parse(golden.before, path.filename().string());
  Graph after(before);
  const Record record = optimize(after, std::array{pass});
  const std::string made = result(after, record);
  if (const char* update = std::getenv("VITRINE_UPDATE_GOLDEN"); update && std::string_view(update) == "1") {
    std::ofstream(path) << golden.comment << golden.before << "=>\n" << made;
    return;
  }
  INFO(path.string() << ": what was wanted (-) and what came out (+):\n" << difference(golden.after, made));
  CHECK(golden.after == made);
  CHECK(print(parse(print(after))) == print(after));
  if (pass.contract == Contract::exact) check_same_bits(before, after);
}

}  // namespace

TEST_CASE("every pass makes of each golden graph what the file says, and keeps its contract on hard numbers") {
  for (const Pass& pass : every_pass) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(folder / pass.name))
      for (const auto& entry : std::filesystem::directory_iterator(folder / pass.name)) files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& path : files) DYNAMIC_SECTION(pass.name << "/" << path.filename().string()) {
        check_golden(path, pass);
      }
  }
}

TEST_CASE("every pass has a golden graph on which it fires and one on which it must not") {
  for (const Pass& pass : every_pass) {
    bool fires = false, holds_back = false;
    CAPTURE(pass.name);
    REQUIRE(std::filesystem::is_directory(folder / pass.name));
    for (const auto& entry : std::filesystem::directory_iterator(folder / pass.name)) {
      Graph graph = parse(read(entry.path()).before);
      const bool rewrote = !optimize(graph, std::array{pass}).rewrites.empty();
      fires = fires || rewrote;
      holds_back = holds_back || !rewrote;
    }
    CHECK(fires);
    CHECK(holds_back);
  }
}

TEST_CASE("no golden graph belongs to a pass that is not there") {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    CHECK((name == "README.md" || std::ranges::any_of(every_pass, [&](const Pass& p) { return p.name == name; })));
  }
}

TEST_CASE("the whole pipeline keeps the bits of every golden graph") {
  for (const Pass& pass : every_pass)
    for (const auto& entry : std::filesystem::directory_iterator(folder / pass.name)) {
      CAPTURE(entry.path().string());
      const Graph before = parse(read(entry.path()).before);
      Graph after(before);
      optimize(after);
      check_same_bits(before, after);
    }
}
