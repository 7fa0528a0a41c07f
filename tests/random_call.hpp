#pragma once
// Another call of an op than its example: other sizes, ranks, names of axes, types of elements and attributes.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/draw.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

/// What a random graph has room for. Most are small, so that hundreds of them are checked in seconds; some are large
/// enough for two threads to share the work of a step.
struct Room {
  std::size_t elements, products;            // at most: of a tensor, of a contraction
  std::vector<std::size_t> sizes{};          // of most axes: few, so that tensors fit together
  std::map<std::string, std::size_t> names;  // of axes, with the one size that each has

  explicit Room(Draw&);
  std::size_t size(Draw&) const;
  /// Whether a tensor is small enough, and its names have their sizes.
  bool fits(const Type&) const;
};

/// What an op is called with. Attributes are text, as the op prints them: so no op needs to be known.
struct Call {
  const OpInfo* info;
  std::vector<Type> in;
  std::vector<Attribute> attributes;
};

/// The op of a call, if it can be read and takes operands of these types.
std::optional<Op> accepted(const Call&, const Room&);

/// The op's example, changed step by step, as far as the op's own rule accepts each.
Call random_call(const OpInfo&, Draw&, const Room&);

}  // namespace vitrine
