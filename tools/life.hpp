#pragma once
// One value from its first node to its last: what the record of a compilation says about it.
#include "tools/compilation.hpp"

namespace vitrine {

/// Something that happened to a value.
struct LifeEvent {
  enum class What : std::uint8_t {
    made,           // a rewrite made it, for its own sake or on the way to something else
    replaced,       // another node has its value from here on
    reads_another,  // an operand of it was replaced
    stands_for,     // it took the place of another node too
    joined,         // it runs in one step with others
    not_updated,    // of a state
    erased          // nothing read it any more
  } what = What::made;
  const Rewrite* rewrite = nullptr;
  std::size_t number = 0;         // of the rewrite, from 1
  std::uint32_t node = 0;         // by which it was known then
  std::string before{}, after{};  // its line; one is empty where it was not there
};
std::string_view words(LifeEvent::What);

struct Life {
  std::uint32_t asked = 0;
  std::vector<std::uint32_t> nodes{};  // that had its value, one after the other
  std::vector<LifeEvent> events{};
  std::vector<const Refusal*> remarks{};  // on any of these nodes
  bool alive = false;                     // whether the last of them is in the compiled graph
};

/// The life of node `id`, which is or was in the compilation.
Life life_of(const Compilation&, std::uint32_t id);

}  // namespace vitrine
