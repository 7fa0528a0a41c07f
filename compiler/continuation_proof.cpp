#include "compiler/continuation_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "compiler/kept_values.hpp"
#include "compiler/print.hpp"

namespace vitrine {

namespace {

std::string what_is_kept(const Kept& each) {
  switch (each.what) {
    case Kept::What::rows: return fmt::format("every row, {} bytes a token, room for {}", each.bytes_of_row, each.rows);
    case Kept::What::ring:
      return fmt::format("the latest {} rows in a ring, {} bytes a token", each.rows, each.bytes_of_row);
    case Kept::What::tail:
      return fmt::format("the {} row{} before, {} bytes each", each.rows, each.rows == 1 ? "" : "s", each.bytes_of_row);
    case Kept::What::sum: return fmt::format("the sum so far, {} bytes", each.bytes_of_row);
  }
  return "";
}

const Kept* kept_of(const ContinuationReport& report, std::uint32_t node) {
  const auto found = std::ranges::find(report.kept, node, &Kept::node);
  return found == report.kept.end() ? nullptr : &*found;
}

bool is_again(const ContinuationReport& report, std::uint32_t node) {
  return std::ranges::find(report.again, node) != report.again.end();
}

}  // namespace

std::vector<std::string> remarks_of(const Graph& full, const std::string& axis, const ContinuationReport& report) {
  std::vector<std::string> made{
      fmt::format("{} goes on along {}: no output is made of later places", full.name(), axis),
      report.endless
          ? "no end: only windows are kept, and no place is counted from the first"
          : fmt::format("room for {} places, {} bytes kept a token", report.capacity, report.bytes_of_token())};
  const GoesOn goes_on(full, axis);
  for (const Kept& each : report.kept) {
    const Value v = full.find(each.node);
    const KeepingCost cost = keeping_cost(goes_on, v);
    made.push_back(fmt::format("keeps of %{} ({}): {}", each.node, v.node().at.module, what_is_kept(each)));
    if (each.what == Kept::What::rows)
      made.back() += fmt::format("; half full, {:.1f} KiB of it are read for a token", cost.keep / 1024);
    if (each.what == Kept::What::rows && cost.compute > 0)
      made.back() += fmt::format(", and making them again would cost as much as {:.1f} KiB and what they are made of",
                                 cost.compute / 1024);
  }
  for (const std::uint32_t id : report.again)
    made.push_back(fmt::format("computes all rows of %{} ({}) again in every run", id, full.find(id).node().at.module));
  return made;
}

std::string proof_text(const Graph& full, const std::string& axis, const ContinuationReport& report) {
  const AxisDependence dependence(full, axis);
  std::string made;
  for (const std::string& remark : remarks_of(full, axis, report)) made += "// " + remark + "\n";
  std::istringstream lines(print(full));
  for (std::string line; std::getline(lines, line);) {
    made += line;
    if (line.starts_with("  %")) {
      const Value v = full.find(static_cast<std::uint32_t>(std::stoul(line.substr(3))));
      made += fmt::format("  // {}", name_of(dependence.of(v)));
      if (const Kept* kept = kept_of(report, v.id))
        made += fmt::format(", kept as {}: {}", kept->state, what_is_kept(*kept));
      if (is_again(report, v.id)) made += ", computed again";
    }
    made += "\n";
  }
  return made;
}

Paint proof_paint(const Graph& full, const std::string& axis, const ContinuationReport& report) {
  // Light to dark, as far as a value sees; told apart by colour-blind eyes too.
  constexpr std::string_view constant = "#ffffff", pointwise = "#cfe8f7", prefix = "#f9d6a5", kept = "#e8891c",
                             later = "#d9d9d9";
  const AxisDependence dependence(full, axis);
  Paint made;
  for (Value v : full.topological()) {
    const Dependence d = dependence.of(v);
    Paint::Of paint{d == Dependence::constant    ? constant
                    : d == Dependence::pointwise ? pointwise
                    : d == Dependence::prefix    ? prefix
                                                 : later};
    if (const Kept* each = kept_of(report, v.id)) paint = {kept, "keeps " + what_is_kept(*each)};
    if (is_again(report, v.id)) paint.words = "all rows computed again";
    made.nodes[v.id] = paint;
  }
  made.key = {{constant, "the same whatever is given"},
              {pointwise, fmt::format("made of its own {} alone", axis)},
              {prefix, "of those before it too"},
              {kept, "kept"},
              {later, "of later ones: not handed out"}};
  made.says = remarks_of(full, axis, report);
  made.says.resize(std::min<std::size_t>(made.says.size(), 2));
  return made;
}

}  // namespace vitrine
