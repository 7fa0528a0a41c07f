#include "compiler/dot.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "compiler/optimizers.hpp"
#include "compiler/rewriter.hpp"
#include "tests/xml_texts.hpp"
#include "tools/graphviz.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

constexpr Axis batch{"batch", 2};
const Type rows{DType::f32, shape_of<batch, 3>};

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}
std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}
/// The lines that begin with a node, or with an edge out of it.
std::string line_of(const std::string& text, const std::string& start) {
  const std::size_t at = text.find("  " + start);
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

/// x w * 0.5: five nodes.
Graph five_nodes() {
  Graph graph("five");
  const Value x = graph.input("x", rows), w = graph.state("up.w", {DType::f32, shape_of<3, 4>});
  Value product;
  {
    const Graph::Scope scope(graph, "up", Phase::forward);
    product = matmul(x, w);
  }
  graph.output("y", product * 0.5f);
  graph.locate("model.cpp", 7);
  return graph;
}

/// mean((x w - t)^2) with a training step around it.
Graph small_training_step() {
  Graph graph("small");
  const Value x = graph.input("x", rows), w = graph.state("w", {DType::f32, shape_of<3, 4>}),
              t = graph.input("t", {DType::f32, shape_of<batch, 4>});
  const Value off = matmul(x, w) - t;
  graph.output("loss", mean(off * off));
  return training_step(graph, Sgd{.momentum = 0.9f});
}

/// As many blocks as wanted, each relu(h) * h + h in a module of its own; the one numbered `odd` has a tanh.
Graph blocks(int how_many, int odd = -1) {
  Graph graph("blocks");
  Value h = graph.input("x", rows);
  for (int i = 0; i < how_many; ++i) {
    const Graph::Scope scope(graph, "block." + std::to_string(i), Phase::forward);
    h = (i == odd ? tanh(h) : relu(h)) * h + h;
  }
  graph.output("y", h);
  return graph;
}

}  // namespace

TEST_CASE("a graph of five nodes is drawn as this text") {
  CHECK(dot(five_nodes(), {.legend = false}) == R"golden(digraph vitrine {
  graph [rankdir=TB, ranksep=0.35, nodesep=0.3, pad=0.2, fontname="DejaVu Sans", labelloc=t, tooltip=" ", label=<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR><TD><FONT POINT-SIZE="18">five</FONT></TD></TR><TR><TD><FONT POINT-SIZE="11" COLOR="#777777">5 nodes: 2 ops, 1 input, 1 state, 1 constant</FONT></TD></TR></TABLE>>];
  node [fontname="DejaVu Sans", fontsize=12, fontcolor="#222222", margin="0.17,0.06", height=0.3];
  edge [fontname="DejaVu Sans", fontsize=9, color="#222222", fontcolor="#222222", arrowsize=0.7, labeldistance=1.5];
  n0 [id=n0, label=<<B>x</B><FONT POINT-SIZE="9" COLOR="#ffffff">  %0</FONT><BR/><FONT POINT-SIZE="10">f32[batch 2, 3]</FONT>>, shape=box, style="filled", fillcolor="#2f4b66", color="#222222", fontcolor="#ffffff", tooltip="%0 = input x\nf32[batch 2, 3]\nmodel.cpp:7"];
  n4 [id=n4, label=<<B>mul</B>&#160;× 0.5<FONT POINT-SIZE="9" COLOR="#777777">  %4</FONT><BR/><FONT POINT-SIZE="10">f32[batch 2, 4]</FONT><BR/><FONT POINT-SIZE="10" COLOR="#0b6b4f">→ output y</FONT>>, shape=box, style="filled,rounded", fillcolor="#cfe8f7", color="#222222", peripheries=2, tooltip="%4 = mul(%2, 0.5)\nf32[batch 2, 4]\nx * y\nmodel.cpp:7"];
  subgraph cluster_0 {
    graph [label=<<B>up</B>>, labeljust=l, tooltip="up", style="filled,rounded", fillcolor="#f7f8fa", color="#c9c9c9"];
    n1 [id=n1, label=<<B>up.w</B><FONT POINT-SIZE="9" COLOR="#777777">  %1</FONT><BR/><FONT POINT-SIZE="10">f32[3, 4]</FONT>>, shape=cylinder, style="filled", fillcolor="#fff7d1", color="#222222", tooltip="%1 = state up.w\nf32[3, 4]\nmodel.cpp:7\nmodule up"];
    n2 [id=n2, label=<<B>matmul</B><FONT POINT-SIZE="9" COLOR="#777777">  %2</FONT><BR/><FONT POINT-SIZE="10">f32[batch 2, 4]</FONT>>, shape=box, style="filled,rounded", fillcolor="#f9d6a5", color="#222222", tooltip="%2 = matmul(%0, %1)\nf32[batch 2, 4]\nmodel.cpp:7\nmodule up"];
  }
  n0 -> n2 [tooltip="%0 to %2: f32[batch 2, 3]", headlabel="0", labelangle=-25];
  n1 -> n2 [tooltip="%1 to %2: f32[3, 4]", headlabel="1", labelangle=25];
  n2 -> n4 [tooltip="%2 to %4: f32[batch 2, 4]"];
}
)golden");
}

TEST_CASE("a graph's picture is the same text every time") {
  CHECK(dot(small_training_step()) == dot(small_training_step()));
  CHECK(dot(small_training_step(), {.fold = true}) == dot(small_training_step(), {.fold = true}));
}

TEST_CASE("names stay names, whatever they hold") {
  struct Case {
    std::string name, drawn;
  };
  const std::string replaced = "\xef\xbf\xbd";
  const std::vector<Case> cases{
      {"plain", "plain"},
      {"say \"hi\"", "say \"hi\""},
      {"back\\slash", "back\\slash"},
      {"\\N \\G \\x", "\\\xe2\x81\xa0N \\\xe2\x81\xa0G \\x"},  // parted by what draws nothing
      {"two \\\\ of them", "two \\\xe2\x81\xa0\\ of them"},
      {"ends in \\", "ends in \\"},
      {"two\nlines", "two\\nlines"},
      {"tab\there", "tab\\there"},
      {"<b>bold</b><br/>", "<b>bold</b><br/>"},
      {">]; n0 -> n0; }", ">]; n0 -> n0; }"},
      {"\"]; evil [label=\"", "\"]; evil [label=\""},
      {"&lt;&amp;&#65;", "&lt;&amp;&#65;"},
      {"--> <!-- ]]>", "--> <!-- ]]>"},
      {"größe 漢字 α", "größe 漢字 α"},
      {"bad \xff\xc3 bytes", "bad " + replaced + replaced + " bytes"},
      {"nul \x01 \x7f", "nul " + replaced + " " + replaced},
      {"turned \xe2\x80\xae around", "turned " + replaced + " around"},
      {"", "\"\""},
      {std::string(5000, 'n'), std::string(47, 'n') + "…"},
  };
  Graph graph("<i>\"graph\\\" & co");
  for (const Case& c : cases) graph.state(c.name, rows);
  Value sum = graph.find("plain");
  for (const Case& c : cases) {
    const Graph::Scope scope(graph, c.name, Phase::forward);
    sum = sum + graph.find(c.name);
    graph.output("out " + c.name.substr(0, 20), sum);
  }
  graph.locate("a \"file\"\\<&>.cpp", 3);

  const std::string svg = render(dot(graph), "svg");
  const Xml xml = read_xml(svg);
  const auto drawn = texts(xml, "text");
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(contains(drawn, c.drawn));
  }
  std::string tooltips;
  for_each_element(xml, [&](const std::string& name, const Xml& element) {
    if (name == "a") tooltips += plain_spaces(attribute(element, "xlink:title")) + "\n";
  });
  for (const Case& c : cases) {
    if (c.name.empty() || c.name.size() > 1000) continue;
    CAPTURE(c.name);
    CHECK(tooltips.find(" = state " + c.drawn + "\n") != std::string::npos);
  }
  CHECK(contains(drawn, "<i>\"graph\\\" & co"));
  CHECK(svg.find("evil\"") == std::string::npos);
  std::size_t nodes = 0;
  for_each_element(xml, [&](const std::string& name, const Xml& element) {
    nodes += name == "g" && attribute(element, "class") == "node";
    CHECK_FALSE(name == "b");
    CHECK_FALSE(name == "i");
  });
  CHECK(nodes == graph.topological().size());
}

TEST_CASE("every node of a training step is drawn, with its op, its type and where it comes from") {
  const Graph graph = small_training_step();
  const Xml xml = read_xml(render(dot(graph), "svg"));
  std::set<std::string> ids;
  for_each_element(xml, [&](const std::string& name, const Xml& element) {
    if (name == "g" && attribute(element, "class") == "node") ids.insert(attribute(element, "id"));
  });
  const auto drawn = texts(xml, "text");
  for (Value v : graph.topological()) {
    CAPTURE(v.id);
    const bool number = v.node().leaf == Leaf::constant;
    CHECK(ids.contains("n" + std::to_string(v.id)) == !number);
    if (!number) CHECK(contains(drawn, (Sentence{} << v.type()).str()));
    if (v.op()) CHECK(contains(drawn, std::string(v.op()->name())));
  }
}

TEST_CASE("the legend names exactly the kinds of op that are drawn") {
  for (const Graph& graph : {five_nodes(), small_training_step(), blocks(2)}) {
    std::set<Kind> present;
    for (Value v : graph.topological())
      if (v.op()) present.insert(v.op()->info->doc.kind);
    const auto drawn = texts(read_xml(render(dot(graph), "svg")), "text");
    for (const Kind kind : every_kind) {
      CAPTURE(graph.name(), std::string(name_of(kind)));
      CHECK(contains(drawn, std::string(name_of(kind))) == present.contains(kind));
    }
    CHECK(contains(drawn, "↑ gradient") == (graph.name() == "small training step"));
  }
}

TEST_CASE("a number is written into the box that reads it, unless it is handed out") {
  Graph graph("numbers");
  const Value x = graph.input("x", rows), two = number(graph, 2);
  graph.output("half", 0.5f * x);
  graph.output("rest", 1.f - x);
  graph.output("chosen", where(greater(x, number(graph, 0)), x, 3.f));
  graph.output("double", x * two);
  graph.output("two", two);
  const std::string text = dot(graph);
  CHECK(text.find("<B>mul</B>&#160;× 0.5<") != std::string::npos);
  CHECK(text.find("<B>sub</B>&#160;1.0 − x<") != std::string::npos);
  CHECK(text.find("<B>where</B>&#160;(x, y, 3.0)<") != std::string::npos);
  CHECK(count(text, "shape=note") == 1);
  CHECK(line_of(text, "n" + std::to_string(two.id) + " [").find("2.0") != std::string::npos);
}

TEST_CASE("arrows carry the operand's number only where the order matters") {
  Graph graph("order");
  const Value a = graph.input("a", rows), b = graph.input("b", rows);
  const auto numbered = [&](Value v) {
    return count(line_of(dot(graph), "n" + std::to_string(a.id) + " -> n" + std::to_string(v.id)), "label=\"0\"") == 1;
  };
  CHECK_FALSE(numbered(a + b));
  CHECK_FALSE(numbered(maximum(a, b)));
  CHECK_FALSE(numbered(a * a));
  CHECK_FALSE(numbered(a - 1.f));
  const std::vector<Value> three{a, b, a * b};
  CHECK_FALSE(numbered(accumulate(three)));
  CHECK(numbered(a - b));
  CHECK(numbered(a / b));
  CHECK(numbered(graph.add(Map{"x * (y + x)"}, {a, b})));
}

TEST_CASE("gradients are dashed and run upwards beside the node they belong to") {
  Graph graph("up");
  const Value x = graph.input("x", {}), y = relu(x);
  Value first, second;
  {
    const Graph::Scope scope(graph, "", Phase::gradient, {y.id});
    first = tanh(y);
    second = relu(first);
  }
  graph.output("dx", second);
  const auto id = [](Value v) { return "n" + std::to_string(v.id); };
  const std::string text = dot(graph);
  CHECK(line_of(text, id(second) + " [").find("dashed") != std::string::npos);
  CHECK(line_of(text, id(y) + " [").find("dashed") == std::string::npos);
  CHECK(line_of(text, id(second) + " -> " + id(first)).find("dir=back") != std::string::npos);
  CHECK(line_of(text, id(first) + " -> " + id(second)).empty());
  CHECK(line_of(text, id(y) + " -> " + id(second)).find("style=invis, minlen=0") != std::string::npos);
  CHECK(line_of(text, id(y) + " -> " + id(first)).find("constraint=false") != std::string::npos);
}

TEST_CASE("each update has a frame of its own, or one box when folded") {
  const Graph graph = small_training_step();
  const std::string whole = dot(graph), folded = dot(graph, {.fold = true});
  CHECK(count(whole, "label=<<B>update of w</B>>") == 1);
  CHECK(count(folded, "subgraph") == 0);
  CHECK(count(folded, "shape=box3d") == 1);
  CHECK(folded.find("<B>update of w</B><BR/>") != std::string::npos);
  CHECK(folded.find("keeps 1 state of its own") != std::string::npos);
  CHECK(folded.find("are folded into 1 box.") != std::string::npos);
  CHECK(whole.find("momentum:w") != std::string::npos);
}

TEST_CASE("blocks that compute the same are drawn once when folded") {
  const std::string same = dot(blocks(12), {.fold = true});
  CHECK(count(same, "<B>block.0 to block.11 (× 12)</B>") == 1);
  CHECK(same.find("33 nodes repeat what is drawn.") != std::string::npos);
  CHECK(count(same, "<B>relu</B>") == 1);
  CHECK(count(same, "label=\"to the next\"") == 3);  // to relu, mul and add of the next block

  const std::string odd = dot(blocks(12, 5), {.fold = true});
  CHECK(count(odd, "<B>block.0 to block.4 (× 5)</B>") == 1);
  CHECK(count(odd, "<B>block.5</B>") == 1);
  CHECK(count(odd, "<B>block.6 to block.11 (× 6)</B>") == 1);
  CHECK(count(odd, "<B>tanh</B>") == 1);
  CHECK(count(odd, "<B>relu</B>") == 2);
}

TEST_CASE("a picture never has more boxes than asked for, and says so") {
  Graph chain("chain");
  Value h = chain.input("x", rows);
  for (int i = 0; i < 300; ++i) h = relu(tanh(h));
  chain.output("y", h);
  for (const Graph& graph : {blocks(200), blocks(200, 3), chain}) {
    const std::string text = dot(graph, {.most_boxes = 40});
    CHECK(count(text, " [id=") <= 40);
    CHECK(text.find("because so many cannot be read in one picture") != std::string::npos);
    CHECK(text.find("output y") != std::string::npos);
  }
  CHECK(dot(blocks(10), {.most_boxes = 40}).find("cannot be read") == std::string::npos);
}

TEST_CASE("nodes that run as one step carry their group's badge and colour") {
  Graph graph("grouped");
  const Value x = graph.input("x", rows), first = relu(x), second = tanh(first), alone = cos(second);
  graph.output("y", alone);
  CHECK(dot(graph).find("run together as one step") == std::string::npos);
  Record record;
  const std::vector<Value> together{first, second};
  Rewriter(graph, "test", record).group(together, "test");
  const std::string text = dot(graph), badge = "<B>&#160;&#160;g" + std::to_string(first.node().group) + "</B>";
  const auto line = [&](Value v) { return line_of(text, "n" + std::to_string(v.id) + " ["); };
  const auto colour = [&](Value v) { return line(v).substr(line(v).find(" color=\""), 16); };
  CHECK(count(text, badge) == 2);
  CHECK(colour(first) == colour(second));
  CHECK(colour(first) != colour(alone));
  CHECK(text.find("run together as one step") != std::string::npos);
}
