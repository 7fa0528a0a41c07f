#include "tools/diff_text.hpp"

#include <fmt/format.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/escape.hpp"
#include "compiler/module_path.hpp"
#include "compiler/print.hpp"
#include "tools/step_facts.hpp"

namespace vitrine {

namespace {

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

/// "in blocks.0.attention (gradient)"
std::string place_of(Value v) {
  const std::string& module = v.node().at.module;
  return fmt::format("{}{}", module.empty() ? "outside of modules" : "in " + visible(module), side_of(v.node().phase));
}

std::string with_step(Value v) {
  return visible(line_of(v)) + (v.node().group ? fmt::format(" @g{}", v.node().group) : "");
}

/// Every change once, where b has it; what only a has stands before what followed it there.
class Changes {
 public:
  std::string write(const std::vector<DiffLine>& lines) {
    for (const DiffLine& each : lines) {
      if (!each.b)
        line(each.a, "- ", with_step(each.a));
      else if (!each.a)
        line(each.b, "+ ", with_step(each.b));
      else if (!each.pair->differs.only_in_step())
        changed(*each.pair);
    }
    return folded();
  }

 private:
  void line(Value v, std::string_view sign, const std::string& words) {
    if (std::string place = place_of(v); sections_.empty() || place != sections_.back().place)
      sections_.push_back({std::move(place), v.node().at.module, {}});
    sections_.back().text += fmt::format("  {}{}\n", sign, words);
  }
  void changed(const NodePair& pair) {
    line(pair.b, "~ ", with_step(pair.a));
    sections_.back().text += fmt::format("    {}\n    {}\n", with_step(pair.b), words(pair.differs));
  }

  /// A module's changes: what follows each other there.
  struct Section {
    std::string place{}, module{}, text{};
  };
  static bool is_digit(const std::string& text, std::size_t at) {
    return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]));
  }
  /// What a section says, but for which of numbered modules it is and for the numbers of nodes and steps.
  static std::string told_of_any(const Section& section) {
    const NumberedModule numbered = numbered_module(section.module);
    std::string all = section.place + "\n" + section.text, made;
    const auto starts = [&](std::size_t at, const std::string& word) {
      return !word.empty() && all.compare(at, word.size(), word) == 0;
    };
    for (std::size_t i = 0; i < all.size();) {
      if (starts(i, numbered.path)) {
        made += numbered.parent + ".N";
        i += numbered.path.size();
      } else if (const std::size_t sign = starts(i, "%")    ? 1
                                          : starts(i, "@g") ? 2
                                                            : 0;
                 sign && is_digit(all, i + sign)) {
        made.append(all, i, sign).append("N");
        for (i += sign; is_digit(all, i);) ++i;
      } else {
        made += all[i++];
      }
    }
    return made;
  }
  /// Of numbered modules in which the same happens, the first in the text is told and the others are named.
  std::string folded() const {
    std::map<std::string, std::vector<const Section*>> alike;
    for (const Section& section : sections_)
      if (!numbered_module(section.module).path.empty()) alike[told_of_any(section)].push_back(&section);
    std::string made;
    for (const Section& section : sections_) {
      const auto same = alike.find(told_of_any(section));
      if (same != alike.end() && same->second.front() != &section) continue;
      std::string others;
      for (std::size_t i = 1; same != alike.end() && i < same->second.size(); ++i)
        others += (i == 1 ? "; the same in " : ", ") + visible(numbered_module(same->second[i]->module).path);
      made += fmt::format("{}{}\n{}", section.place, others, section.text);
    }
    return made;
  }

  std::vector<Section> sections_{};
};

/// Which nodes run together now that did not, a step a line.
std::string steps_of(const GraphDiff& diff) {
  std::map<std::uint32_t, std::vector<std::string>> members;
  std::vector<std::string> alone;
  for (const NodePair& pair : diff.pairs) {
    if (!pair.differs.step) continue;
    const std::uint32_t group = pair.b.node().group;
    (group ? members[group] : alone).push_back(fmt::format("{} {}", visible(name_of(pair.b)), pair.b.op()->name()));
  }
  const auto listed = [](const std::vector<std::string>& names) {
    constexpr std::size_t most = 6;
    const std::span shown(names.data(), std::min(names.size(), most));
    return fmt::format("{}{}", fmt::join(shown, ", "),
                       names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
  };
  std::string made;
  for (const auto& [group, names] : members) made += fmt::format("  g{}: {}\n", group, listed(names));
  if (!alone.empty()) made += fmt::format("  alone: {}\n", listed(alone));
  return made.empty() ? made : "run as one step in b and not in a\n" + made;
}

nlohmann::json of_node(Value v) {
  const Node& node = v.node();
  return {{"node", v.id},
          {"text", visible(line_of(v))},
          {"module", visible(node.at.module)},
          {"file", visible(node.at.file)},
          {"line", node.at.line},
          {"step", node.group}};
}

std::string paragraph(const Rewrite& r) {
  std::string made = fmt::format("{}: {} ({}:{})\n", r.pass, r.rule, r.at.file_name(), r.at.line());
  for (const Seen& seen : r.matched) made += fmt::format("  - {}\n", visible(line_of(seen)));
  for (const Seen& seen : r.made) made += fmt::format("  + {}\n", visible(line_of(seen)));
  if (r.by && r.made.empty()) made += fmt::format("  = {}\n", visible(name_of(r.by)));
  return made;
}

nlohmann::json of_rewrites(std::span<const Rewrite> rewrites, const std::vector<std::size_t>& which) {
  nlohmann::json made = nlohmann::json::array();
  for (const std::size_t i : which) {
    const Rewrite& r = rewrites[i];
    nlohmann::json matched = nlohmann::json::array(), fresh = nlohmann::json::array();
    for (const Seen& seen : r.matched) matched.push_back(visible(line_of(seen)));
    for (const Seen& seen : r.made) fresh.push_back(visible(line_of(seen)));
    made.push_back({{"pass", r.pass},
                    {"rule", r.rule},
                    {"at", fmt::format("{}:{}", r.at.file_name(), r.at.line())},
                    {"matched", matched},
                    {"made", fresh}});
  }
  return made;
}

}  // namespace

std::string text(const GraphDiff& diff, const Graph& a, const Graph& b, const Sides& sides) {
  std::string made = fmt::format("a: {}, {}\nb: {}, {}\n", sides.a, counted(a.topological().size(), "node"), sides.b,
                                 counted(b.topological().size(), "node"));
  if (diff.equal()) return made + "equal: they compute the same, node by node\n";
  const auto steps = std::ranges::count_if(diff.pairs, [](const NodePair& p) { return p.differs.only_in_step(); });
  made += fmt::format(
      "{} the same, {} changed (~){}, {} only in a (-), {} only in b (+){}\n", diff.pairs.size() - diff.changed(),
      diff.changed(), steps ? fmt::format(", {} of them only in what they run with", steps) : "", diff.only_a.size(),
      diff.only_b.size(), diff.remains ? fmt::format("; {} replaced and not removed yet", diff.remains) : "");
  made += Changes().write(lines_of(diff, a, b));
  made += steps_of(diff);
  for (const ResultChange& r : diff.results)
    made += fmt::format("{} {}: {} in a, {} in b\n", r.is_update ? "the next value of" : "output", visible(r.name),
                        r.a ? visible(name_of(r.a)) : "not there", r.b ? visible(name_of(r.b)) : "not there");
  return made;
}

std::string json(const GraphDiff& diff, const Graph& a, const Graph& b, const Sides& sides) {
  nlohmann::json made{{"a", {{"what", sides.a}, {"nodes", a.topological().size()}}},
                      {"b", {{"what", sides.b}, {"nodes", b.topological().size()}}},
                      {"equal", diff.equal()},
                      {"same", diff.pairs.size() - diff.changed()},
                      {"remains", diff.remains}};
  for (const char* key : {"changed", "only_a", "only_b", "results"}) made[key] = nlohmann::json::array();
  for (const NodePair& pair : diff.pairs)
    if (pair.differs)
      made["changed"].push_back({{"a", of_node(pair.a)},
                                 {"b", of_node(pair.b)},
                                 {"differs", words(pair.differs)},
                                 {"found_by", pair.found_by}});
  for (Value v : diff.only_a) made["only_a"].push_back(of_node(v));
  for (Value v : diff.only_b) made["only_b"].push_back(of_node(v));
  for (const ResultChange& r : diff.results)
    made["results"].push_back({{"name", visible(r.name)},
                               {"update", r.is_update},
                               {"a", r.a ? visible(name_of(r.a)) : ""},
                               {"b", r.b ? visible(name_of(r.b)) : ""}});
  return made.dump(2) + "\n";
}

std::vector<RecordedRewrite> recorded(std::span<const Rewrite> rewrites) {
  std::vector<RecordedRewrite> made;
  for (const Rewrite& r : rewrites) {
    made.push_back({r.pass, r.rule, {}});
    for (const Seen& seen : r.matched) made.back().matched.push_back(&seen.value.node());
  }
  return made;
}

std::string text(const RecordDiff& diff, std::span<const Rewrite> a, std::span<const Rewrite> b, const Sides& sides) {
  std::string made = fmt::format("a: {}\nb: {}\n", sides.a, sides.b);
  made += fmt::format("{:>7}{:>7}  {}\n", "in a", "in b", "pass: rule");
  for (const RecordDiff::Row& row : diff.rows)
    made += fmt::format("{:>7}{:>7}  {}: {}{}\n", row.a, row.b, row.pass, row.rule, row.a == row.b ? "" : "  <>");
  if (diff.equal()) return made + "equal: both make the same rewrites\n";
  const auto tell = [&](std::span<const Rewrite> rewrites, const std::vector<std::size_t>& which, const char* side) {
    if (!which.empty()) made += fmt::format("\nonly in {}:\n", side);
    for (const std::size_t i : which) made += paragraph(rewrites[i]);
  };
  tell(a, diff.only_a, "a");
  tell(b, diff.only_b, "b");
  return made;
}

std::string json(const RecordDiff& diff, std::span<const Rewrite> a, std::span<const Rewrite> b, const Sides& sides) {
  nlohmann::json rows = nlohmann::json::array();
  for (const RecordDiff::Row& row : diff.rows)
    rows.push_back({{"pass", row.pass}, {"rule", row.rule}, {"a", row.a}, {"b", row.b}});
  const nlohmann::json made{{"a", {{"what", sides.a}}},
                            {"b", {{"what", sides.b}}},
                            {"equal", diff.equal()},
                            {"rules", rows},
                            {"only_a", of_rewrites(a, diff.only_a)},
                            {"only_b", of_rewrites(b, diff.only_b)}};
  return made.dump(2) + "\n";
}

}  // namespace vitrine
