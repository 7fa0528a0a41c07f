#include <algorithm>

#include "compiler/print.hpp"
#include "tools/commands/commands.hpp"
#include "tools/explanation.hpp"
#include "tools/find_project.hpp"
#include "tools/sizes.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

namespace {

/// Whether ids mean the same in a compilation at other sizes: the same nodes were traced and differentiated, and the
/// same rewrites made the same nodes up to this one.
bool takes_the_same_way(const Compilation& one, const Compilation& other, const Life& life) {
  if (one.given().end_of_ids() != other.given().end_of_ids()) return false;
  std::uint32_t newest = *std::ranges::max_element(life.nodes);
  const auto &a = one.rewrites(), &b = other.rewrites();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto id = [](const Seen& seen) { return seen.value.id; };
    if (a[i].pass != b[i].pass || a[i].rule != b[i].rule ||
        !std::ranges::equal(a[i].matched, b[i].matched, {}, id, id) ||
        !std::ranges::equal(a[i].made, b[i].made, {}, id, id))
      return newest < one.given().end_of_ids();
    if (std::ranges::any_of(a[i].made, [&](const Seen& seen) { return seen.value.id == newest; })) return true;
  }
  return newest < one.given().end_of_ids();
}

}  // namespace

int explain(const Projects& projects, const ExplainOptions& options) {
  const std::vector<Axis> sizes = sizes_of(options.sizes, "explain");
  const Compilation whole(projects, options.model, {.step = options.step});
  const std::uint32_t id = find_node(whole, options.model, options.node);
  Explanation made = explanation_of(whole, id);
  if (options.measures_error) {
    const bool of_file = names_a_file(options.model);
    std::optional<Compilation> other;
    if (!of_file) other.emplace(projects, options.model, CompilationOptions{.step = options.step, .sizes = sizes});
    const Compilation& small = of_file ? whole : *other;
    if (takes_the_same_way(whole, small, made.life))
      made.error = error_of(small, life_of(small, id), options.common.seed, options.common.threads);
    else
      made.error.not_measured = "at these small sizes the passes take another way; give others with --sizes";
  }
  write_text(options.output, text(made));
  if (!options.common.json.empty()) write_text(options.common.json, json(made));
  return 0;
}

}  // namespace vitrine
