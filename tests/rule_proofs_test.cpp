// Every rule has a proof: the rules are read from the passes' own sources, so that a new one without a proof fails.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/rule_proof.hpp"

using namespace vitrine;

namespace {

const std::filesystem::path folder = std::filesystem::path(VITRINE_SOURCE) / "compiler/passes";

/// The string literals of a C++ source, neighbours joined; comments and characters are skipped. Raw strings and
/// prefixes are not known here.
std::vector<std::string> literals_of(std::string_view source) {
  std::vector<std::string> found;
  bool joins = false;  // only space lies between this and the literal before
  for (std::size_t i = 0; i < source.size(); ++i) {
    const char c = source[i];
    if (source.substr(i).starts_with("//")) {
      i = std::min(source.find('\n', i), source.size());
    } else if (source.substr(i).starts_with("/*")) {
      i = std::min(source.find("*/", i + 2), source.size()) + 1;
    } else if (c == '\'') {
      i += source[i + 1] == '\\' ? 3 : 2;
    } else if (c == '"') {
      if (!joins) found.emplace_back();
      for (++i; source[i] != '"'; ++i) {
        if (source[i] == '\\') ++i;
        found.back() += source[i];
      }
      joins = true;
    } else if (c != ' ' && c != '\n') {
      joins = false;
    }
  }
  return found;
}

/// pass -> rules, by the names of the files.
using Rules = std::map<std::string, std::set<std::string>>;

Rules rules_in_sources() {
  Rules found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    const std::string source{std::istreambuf_iterator<char>(in), {}};
    for (const std::string& literal : literals_of(source))
      if (literal.find("=>") != literal.npos) found[entry.path().stem().string()].insert(literal);
  }
  return found;
}
Rules proved_rules() {
  Rules proved;
  for (const auto& table :
       {algebra_proofs(), layout_proofs(), graph_proofs(), pooling_proofs(), batch_norm_proofs(), row_proofs(),
        product_proofs(), repeating_proofs(), recognition_proofs(), few_bits_proofs()})
    for (const Proof& proof : table) proved[std::string(proof.pass)].emplace(proof.rule);
  return proved;
}

}  // namespace

TEST_CASE("every rule that a pass records or refuses has a bounded proof, and no proof is of a rule that is gone") {
  const Rules rules = rules_in_sources(), proved = proved_rules();
  REQUIRE(rules.size() == every_pass.size());
  for (const auto& [pass, texts] : rules)
    for (const std::string& text : texts) {
      INFO(pass << ": '" << text << "' has no proof; add one to the tables of tests/rule_proofs_*_test.cpp");
      CHECK((proved.contains(pass) && proved.at(pass).contains(text)));
    }
  for (const auto& [pass, texts] : proved)
    for (const std::string& text : texts) {
      INFO(pass << " has no rule '" << text << "'");
      CHECK((rules.contains(pass) && rules.at(pass).contains(text)));
    }
}

TEST_CASE("rules are found in a source whatever stands around them") {
  const auto joined = [](std::string_view source) {
    std::string all;
    for (const std::string& literal : literals_of(source)) all += literal + "|";
    return all;
  };
  CHECK(joined("f(\"a => b\"); // \"c => d\"\n g('\"', \"e \\\"=>\\\" f\" /* \"no\" */ );\n") == "a => b|e \"=>\" f|");
  CHECK(joined("h(\"x \"\n    \"=> y\", \"z\")") == "x => y|z|");
}
