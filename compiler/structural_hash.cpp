#include "compiler/structural_hash.hpp"

#include <string_view>

#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

/// FNV-1a over 64 bits: std::hash need not give the same number in the next process.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) byte(static_cast<unsigned char>(c));
    byte(0xff);  // which no text in UTF-8 holds: "ab", "c" is not "a", "bc"
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 64; i += 8) byte(static_cast<unsigned char>(number >> i));
  }
  std::uint64_t made() const { return made_ ? made_ : 1; }

 private:
  void byte(unsigned char b) { made_ = (made_ ^ b) * 0x100000001b3ULL; }
  std::uint64_t made_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::vector<std::uint64_t> structural_hashes(const Graph& graph) {
  std::vector<std::uint64_t> made(graph.end_of_ids(), 0);
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    Hash hash;
    hash.add(print_attribute(node.type));
    if (node.op) {
      hash.add(node.op->name());
      for (const Attribute& a : node.op->info->print(node.op->attributes.get())) hash.add(a.name), hash.add(a.text);
      for (Value operand : node.operands) hash.add(made[operand.id]);
    } else {
      hash.add(static_cast<std::uint64_t>(node.leaf));
      hash.add(node.name);
      if (node.literal)
        hash.add(std::string_view(reinterpret_cast<const char*>(node.literal->data()), node.literal->size()));
      if (node.leaf == Leaf::state) {
        hash.add(static_cast<std::uint64_t>(node.init.rule));
        hash.add(print_attribute(node.init.scale));
      }
    }
    made[v.id] = hash.made();
  }
  return made;
}

}  // namespace vitrine
