// What two graphs have in common is found whatever their ids, and a change shows where it is and nowhere else.
#include "compiler/graph_diff.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "compiler/diff_picture.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "compiler/structural_hash.hpp"
#include "tests/transformer_graph.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::string base = R"(graph g {
  input %x : f32[batch 2, in 3]
  state %w : f32[in 3, out 4] = normal(0.5)
  state %v : f32[out 4, last 2] = normal(0.5)
  %3 = matmul(%x, %w) : f32[batch 2, out 4] #1
  %4 = relu(%3) : f32[batch 2, out 4] #2
  %5 = mul(%4, 0.5) : f32[batch 2, out 4] #2
  %6 = matmul(%5, %v) : f32[batch 2, last 2] #3
  output y = %6
  place #1 = "model.cpp":10 in up
  place #2 = "model.cpp":11
  place #3 = "model.cpp":12 in down
}
)";

std::string with(std::string text, const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [from, to] : changes)
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  return text;
}

/// "%4 op", "- %4", "+ %7": all that differs, a's node named where there is one.
std::set<std::string> told(const std::string& one, const std::string& other, const DiffOptions& options = {}) {
  const Graph a = parse(one), b = parse(other);
  const GraphDiff diff = graph_diff(a, b, options);
  std::set<std::string> made;
  for (const NodePair& pair : diff.pairs)
    if (pair.differs) made.insert(name_of(pair.a) + " " + words(pair.differs));
  for (Value v : diff.only_a) made.insert("- " + name_of(v));
  for (Value v : diff.only_b) made.insert("+ " + name_of(v));
  for (const ResultChange& r : diff.results) made.insert((r.is_update ? "update " : "output ") + r.name);
  CHECK(diff.equal() == made.empty());
  // No node is lost and none is told twice.
  std::set<std::uint32_t> of_a, of_b;
  for (const NodePair& pair : diff.pairs) {
    CHECK(of_a.insert(pair.a.id).second);
    CHECK(of_b.insert(pair.b.id).second);
  }
  for (Value v : diff.only_a) CHECK(of_a.insert(v.id).second);
  for (Value v : diff.only_b) CHECK(of_b.insert(v.id).second);
  return made;
}
using Told = std::set<std::string>;

}  // namespace

TEST_CASE("graphs that compute the same are equal, whatever their ids, order, lines and modules") {
  CHECK(told(base, base).empty());
  const std::string renumbered = with(base, {{"%3", "%13"}, {"%4", "%14"}, {"%5", "%15"}, {"%6", "%16"}});
  CHECK(told(base, renumbered).empty());
  CHECK(told(base, with(base, {{"model.cpp", "other.cpp"}, {" in up", " in elsewhere"}})).empty());
  const Graph a = parse(base), b = parse(renumbered);
  const auto hashes_a = structural_hashes(a), hashes_b = structural_hashes(b);
  for (std::uint32_t id = 3; id <= 6; ++id) CHECK(hashes_a[id] == hashes_b[id + 10]);
  CHECK(hashes_a[3] != hashes_a[4]);
}

TEST_CASE("a change shows at its own node and not in all that is computed from it") {
  CHECK(told(base, with(base, {{"relu(", "gelu("}})) == Told{"%4 op"});
  CHECK(told(base, with(base, {{"0.5) : f32[batch", "0.25) : f32[batch"}})) == Told{"%5 operands"});
  CHECK(told(base, with(base, {{"in 3, out 4] = normal(0.5)", "in 3, out 4] = normal(0.1)"}})) == Told{"%w value"});
  CHECK(told(base, with(base, {{"%x", "%image"}})) == Told{"%x name"});
  CHECK(told(base, with(base, {{"output y", "output z"}})) == Told{"output y", "output z"});
  const std::string wider = with(base, {{"out 4", "out 8"}});
  CHECK(told(base, wider) == Told{"%w type", "%v type", "%3 type", "%4 type", "%5 type"});
}

TEST_CASE("what is put in or taken out is told, with who reads the other value now, and the same the other way round") {
  const std::string longer = with(base, {{"  %5 = mul(%4", "  %7 = neg(%4) : f32[batch 2, out 4] #2\n  %5 = mul(%7"}});
  CHECK(told(base, longer) == Told{"+ %7", "%5 operands"});
  CHECK(told(longer, base) == Told{"- %7", "%5 operands"});
  const std::string turned = R"(graph g {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %2 = transpose(%w) : f32[in 3, out 4]
  %3 = matmul(%x, %2) : f32[batch 2, out 4]
  output y = %3
}
)";
  const std::string folded = R"(graph g {
  input %x : f32[batch 2, in 3]
  state %w : f32[out 4, in 3] = normal(0.5)
  %9 = matmul(%x, %w) {transpose_right = true} : f32[batch 2, out 4]
  output y = %9
}
)";
  CHECK(told(turned, folded) == Told{"- %2", "%3 attributes, operands"});
}

TEST_CASE("two points of one compilation are compared by what became of each node") {
  const Graph forward = TransformerGraph::of(2);
  const Graph given = training_step(forward, AdamW{});
  Graph compiled(given);
  const Record record = optimize(compiled);
  DiffOptions options{.same_ids = true};
  for (const Rewrite& r : record.rewrites)
    if (r.by && r.by.id != r.matched[0].value.id) options.became[r.matched[0].value.id] = r.by.id;
  const GraphDiff diff = graph_diff(given, compiled, options);
  for (const NodePair& pair : diff.pairs)
    if (given.find(pair.b.id)) CHECK(pair.a.id == pair.b.id);
  // Nothing that the passes made is new for a reader who knows what it was made of, but for parts of what was made.
  std::size_t nodes = given.topological().size(), paired = diff.pairs.size();
  CHECK(paired + diff.only_a.size() + diff.remains <= nodes);
  CHECK(paired * 10 > nodes * 9);
  // Without that knowledge the structure alone finds nearly as much.
  const GraphDiff blind = graph_diff(given, parse(print(compiled)));
  CHECK(blind.pairs.size() * 100 >= paired * 98);
}

TEST_CASE("what two compilations made of one node is a pair, if structure has found none") {
  // Both had a %14 = neg(%3), which each replaced; one of them still has it, though nothing reads it.
  const Graph a = parse(with(base, {{"%4 = relu(", "%17 = gelu("}, {"%4", "%17"}}));
  const Graph b = parse(
      with(base, {{"  %4 = relu(", "  %14 = neg(%3) : f32[batch 2, out 4] #2\n  %18 = tanh("}, {"mul(%4", "mul(%18"}}));
  const GraphDiff diff = graph_diff(a, b, {.shared = 15, .became_a = {{14, 17}}, .became_b = {{14, 18}}});
  const auto found = std::ranges::find_if(diff.pairs, [](const NodePair& p) { return p.a.id == 17; });
  REQUIRE(found != diff.pairs.end());
  CHECK(found->b.id == 18);
  CHECK(found->found_by == "ancestry");
  CHECK(words(found->differs) == "op");
  CHECK(diff.only_a.empty());
  CHECK(diff.only_b.empty());
  CHECK(diff.remains == 1);
  CHECK(diff.changed() == 1);  // what reads it reads partners
}

TEST_CASE("which nodes run as one step is a difference by itself, and the numbers of steps are none") {
  const std::string grouped =
      with(base, {{"%4 = relu(%3) : f32[batch 2, out 4]", "%4 = relu(%3) : f32[batch 2, out 4] @g1"},
                  {"%5 = mul(%4, 0.5) : f32[batch 2, out 4]", "%5 = mul(%4, 0.5) : f32[batch 2, out 4] @g1"}});
  CHECK(told(base, grouped) == Told{"%4 step", "%5 step"});
  CHECK(told(grouped, with(grouped, {{"@g1", "@g7"}})).empty());
  const std::string of_one =
      with(base, {{"%4 = relu(%3) : f32[batch 2, out 4]", "%4 = relu(%3) : f32[batch 2, out 4] @g3"}});
  CHECK(told(base, of_one).empty());
}

TEST_CASE("updates are compared by the state that they are of") {
  const std::string step = R"(graph g {
  state %w : f32[3] = 1.0
  %1 = mul(%w, 0.5) : f32[3]
  %2 = neg(%w) : f32[3]
  output y = %2
  update %w = %1
}
)";
  CHECK(told(step, with(step, {{"update %w = %1", "update %w = %2"}})) == Told{"update w"});
  CHECK(told(step, with(step, {{"  update %w = %1\n", ""}})) == Told{"update w"});
}

TEST_CASE("a difference is drawn with signs and colours, the same each time, and hostile names stay names") {
  const std::string hostile = with(base, {{"%x", "%\"</table><b>&\""}});
  const Graph a = parse(hostile), b = parse(with(hostile, {{"relu(", "gelu("}}));
  const GraphDiff diff = graph_diff(a, b);
  const std::string once = dot(a, b, diff, {.title_a = "<old>", .title_b = "new"});
  CHECK(once == dot(a, b, graph_diff(a, b), {.title_a = "<old>", .title_b = "new"}));
  CHECK_THAT(once, Contains("&lt;old&gt;") && Contains("#8f3a73") && Contains("changed: op; it was") && Contains("~ "));
  CHECK_THAT(once, !Contains("</table>"));
  const Graph c = parse(with(hostile, {{"  %5 = mul(%4", "  %7 = neg(%4) : f32[batch 2, out 4]\n  %5 = mul(%7"}}));
  CHECK_THAT(dot(a, c, graph_diff(a, c)), Contains("+ ") && Contains("#005a94") && Contains("1 only in the second"));
  CHECK_THAT(dot(c, a, graph_diff(c, a)), Contains("− ") && Contains("#a84300") && Contains("1 only in the first"));
  // All of one that the other lacks, with a cap.
  const Graph large = TransformerGraph::of(8);
  CHECK_THAT(dot(a, large, graph_diff(a, large), {.most_boxes = 20}), Contains("more boxes are not drawn"));
}
