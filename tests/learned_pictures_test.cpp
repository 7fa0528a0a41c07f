// Pictures of what a model learned: filters and maps, attention, losses. What a reader in the last row needs is there.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/well_formed.hpp"
#include "tests/xml_texts.hpp"
#include "tools/attention_picture.hpp"
#include "tools/map_grid.hpp"
#include "tools/plot.hpp"
#include "tools/svg.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

double number(const Xml& element, const std::string& name) { return std::stod(attribute(element, name)); }

/// Where each text of a picture stands: x, y.
std::map<std::string, std::pair<double, double>> places(const std::string& svg) {
  std::map<std::string, std::pair<double, double>> made;
  for_each_element(read_xml(svg), [&](const std::string& name, const Xml& inside) {
    if (name == "text") made[inside.data()] = {number(inside, "x"), number(inside, "y")};
  });
  return made;
}

AttentionMap even(std::size_t heads, std::size_t time) {
  AttentionMap map{"blocks.0.attention", heads, time, {}, {}};
  map.weights.assign(heads * time * time, 1 / static_cast<double>(time));
  return map;
}

}  // namespace

TEST_CASE("lines that end at one height have labels that do not cover each other, all within the picture") {
  std::vector<Series> series;
  for (const char* name : {"one", "two", "three", "four"}) series.push_back({name, "", {{0, 1}, {9, 0.5}}});
  series.push_back({"five", "", {{0, 3}, {9, 0.4}}});
  const auto at = places(line_plot("Loss", "epochs", "nats", series));
  std::vector<double> heights;
  for (const Series& one : series) {
    REQUIRE(at.contains(one.name));
    const auto [x, y] = at.at(one.name);
    CHECK(x + text_width(one.name, 13) < 860);
    CHECK(y < 440);
    heights.push_back(y);
  }
  std::ranges::sort(heights);
  for (std::size_t i = 1; i < heights.size(); ++i) CHECK(heights[i] - heights[i - 1] >= 30);
}

TEST_CASE("a line without a name has no label, and the plot takes its room") {
  const Series named{"a", "", {{0, 1}, {9, 2}}}, nameless{"", "", {{0, 1}, {9, 2}}};
  const std::string with = line_plot("t", "x", "y", std::span(&named, 1)),
                    without = line_plot("t", "x", "y", std::span(&nameless, 1));
  CHECK_THAT(with, Contains(">last: 2<"));
  CHECK_THAT(without, !Contains("last"));
  CHECK(places(with).at("8").first < places(without).at("8").first);
}

TEST_CASE("a row of maps says which numbers its colours are, with blue only where a number is below zero") {
  const std::vector<MapRow> signs{{"filters", 1, 2, {-0.5f, 2, 1, 0}}}, none{{"maps", 1, 2, {0.5f, 2, 1, 0}}};
  const std::string both = map_grid("What it looks for", signs), above = map_grid("What it makes", none);
  CHECK(malformed(both) == "");
  CHECK_THAT(both, Contains(">-2<") && Contains(">2<"));
  CHECK_THAT(above, Contains(">0<") && Contains(">2<") && !Contains(">-2<"));
  const std::vector<MapRow> hostile{{"</text><script>", 1, 1, {1}}};
  CHECK_THAT(map_grid("t", hostile), !Contains("<script"));
}

TEST_CASE("an attention map's letters fit their cells, and a label does not reach into the next head's") {
  const std::string long_name = "turn round: blocks.0.attention.with.a.name.of.many.parts";
  const std::vector<std::string> letters{"<", "a", "b", " "};
  const std::string few = attention_picture("t", {{long_name, even(4, 4), letters}});
  CHECK(malformed(few) == "");
  CHECK_THAT(few, Contains("is a space"));
  CHECK_THAT(attention_picture("t", {{"copy", even(2, 3), {"=", "a", "b"}}}), !Contains("is a space"));
  std::vector<std::pair<double, double>> labels;  // begin and end
  for_each_element(read_xml(few), [&](const std::string& name, const Xml& inside) {
    if (name == "text" && inside.data().starts_with("turn"))
      labels.emplace_back(number(inside, "x"), number(inside, "x") + text_width(inside.data(), 13));
  });
  REQUIRE(labels.size() == 4);
  for (std::size_t i = 1; i < labels.size(); ++i) CHECK(labels[i - 1].second <= labels[i].first);
  // Of a long text the first places are drawn.
  const std::vector<std::string> text(100, "x");
  CHECK(std::ranges::count(texts(read_xml(attention_picture("t", {{"a", even(1, 100), text}})), "text"), "x") == 48);
}
