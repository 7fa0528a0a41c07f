#pragma once
// The graph as text. The grammar is in compiler/README.md; print -> parse -> print is the identity.
#include "compiler/rewriter.hpp"

namespace vitrine {

/// How operands call a value: "%13", "%up.weight", "%\"a name with spaces\"", "0.5".
std::string name_of(Value);
/// One line of the graph: "%13 = matmul(%x, %up.weight) {transpose_left = true} : f32[...]" without notes.
std::string line_of(Value);
/// The same with the operands that the node had then.
std::string line_of(const Seen&);

std::string print(const Graph&);
/// A rewrite a paragraph: pass, rule, the line of the compiler that did it, what was matched and what was made.
std::string print(const Record&);

}  // namespace vitrine
