#include "tools/plot.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/well_formed.hpp"
#include "tools/boundary.hpp"
#include "tools/image.hpp"
#include "tools/sheet.hpp"
#include "tools/svg.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t i = text.find(part); i != text.npos; i = text.find(part, i + part.size())) ++count;
  return count;
}

const std::string hostile =
    "</text></svg><script>alert(1)</script>\"' onload=\"x\" & ]]> \x1b[2J \xff\xc0\xaf \xed\xa0\x80";

std::vector<Series> two_lines() {
  return {{"training", "", {{1, 2.3}, {2, 0.9}, {3, 0.5}}}, {"test", "", {{1, 2.2}, {2, 1.0}, {3, 0.7}}}};
}

std::vector<std::string> labels_of(const PlotAxis& axis, int wanted) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks(wanted)) labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("escaping leaves nothing that XML could read, and valid text as it was") {
  CHECK(escaped("<a & 'b' \"c\">") == "&lt;a &amp; &#39;b&#39; &quot;c&quot;&gt;");
  CHECK(escaped("größe ✓ 🙂") == "größe ✓ 🙂");
  CHECK(escaped("a\tb\nc") == "a\tb\nc");
  const std::string lost = "\xef\xbf\xbd";
  CHECK(escaped(std::string("\0\x1b\x7f", 3)) == lost + lost + lost);
  CHECK(escaped("\xff") == lost);
  CHECK(escaped("\xc0\xaf") == lost + lost);                        // overlong
  CHECK(escaped("\xe0\x80\xaf") == lost + lost + lost);             // overlong
  CHECK(escaped("\xed\xa0\x80") == lost + lost + lost);             // a surrogate
  CHECK(escaped("\xf4\x90\x80\x80") == lost + lost + lost + lost);  // beyond U+10FFFF
  CHECK(escaped("\xe2\x9c") == lost + lost);                        // cut off
  CHECK(escaped("\xef\xbf\xbf") == lost);                           // U+FFFF is no character
}

TEST_CASE("coordinates have two decimals at most and are never NaN") {
  CHECK(coordinate(12) == "12");
  CHECK(coordinate(0.125) == "0.12");
  CHECK(coordinate(-0.001) == "0");
  CHECK(coordinate(100.5) == "100.5");
  CHECK(coordinate(not_a_number) == "0");
  CHECK(coordinate(-infinity) == "0");
  CHECK(coordinate(1e300).size() == 301);
}

TEST_CASE("ticks are round numbers") {
  CHECK(labels_of({.low = 0, .high = 1}, 5) == Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(labels_of({.low = -0.3, .high = 0.3}, 6) == Labels{"-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"});
  CHECK(labels_of({.low = 1, .high = 5, .whole_numbers = true}, 8) == Labels{"1", "2", "3", "4", "5"});
  CHECK(labels_of({.low = 0, .high = 4690}, 8) == Labels{"0", "1000", "2000", "3000", "4000"});
  CHECK(labels_of({.low = 0, .high = 3e7}, 3) == Labels{"0", "1e+07", "2e+07", "3e+07"});
  CHECK(labels_of({.low = 0.15, .high = 3, .scale = Scale::logarithmic}, 6) == Labels{"0.2", "0.5", "1", "2"});
  CHECK(labels_of({.low = 1e-6, .high = 10, .scale = Scale::logarithmic}, 7).front() == "1e-06");
  CHECK(labels_of({.low = 1e16, .high = 1e16 + 2}, 8).size() < 20);
  CHECK(labels_of({.low = -1e300, .high = 1e300}, 6).size() >= 3);
}

TEST_CASE("an axis maps its ends to its ends") {
  const PlotAxis linear{.low = 2, .high = 4, .from = 300, .to = 100};
  CHECK(linear.at(2) == 300);
  CHECK(linear.at(3) == 200);
  CHECK(linear.at(4) == 100);
  const PlotAxis logarithmic{.low = 0.01, .high = 100, .from = 0, .to = 400, .scale = Scale::logarithmic};
  CHECK(logarithmic.at(1) == Approx(200));
}

TEST_CASE("a plot is well-formed, names its lines with their last values, and is the same every time") {
  const std::string plot = line_plot("Loss", "epoch", "cross entropy", two_lines());
  CHECK(malformed(plot) == "");
  CHECK(plot == line_plot("Loss", "epoch", "cross entropy", two_lines()));
  for (const char* part :
       {">Loss<", ">epoch<", ">cross entropy<", ">training<", ">last: 0.5<", ">test<", ">last: 0.7<"})
    CHECK_THAT(plot, Contains(part));
  CHECK(count_of(plot, "<path") == 2);
  CHECK(count_of(plot, "<circle") == 6);
  CHECK_THAT(line_plot("Loss", "epoch", "loss", two_lines(), Scale::logarithmic), Contains("loss (log scale)"));
}

TEST_CASE("every line can be told from the others without colour, and a colour must be one") {
  std::vector<Series> series = two_lines();
  CHECK(count_of(line_plot("t", "x", "y", series), "stroke-dasharray=\"8 4\"") == 2);  // the line and its label
  series[0].colour = "#12abEF";
  series[1].colour = "red\"/><script>";
  const std::string plot = line_plot("t", "x", "y", series);
  CHECK(count_of(plot, "#12abEF") == 5);  // label, line, three dots
  CHECK_THAT(plot, !Contains("script"));
}

TEST_CASE("hostile names are escaped wherever a picture shows them") {
  std::vector<Series> series = two_lines();
  series[0].name = hostile;
  const std::vector<Image> images(2, grey_image(2, 2, std::array<std::uint8_t, 4>{0, 80, 160, 255}));
  const std::vector<Caption> captions{{hostile, "b", 0.5}, {"b", hostile, not_a_number}};
  const std::vector<LabelledPoint> points{{0, 0, true, 0.5f}};
  const ProbabilityGrid grid = sample({}, {}, 8, [](float x, float) { return x; });
  for (const std::string& picture : {line_plot(hostile, hostile, hostile, series), sheet(hostile, images, captions),
                                     boundary(hostile, grid, points, hostile, hostile)}) {
    CHECK(malformed(picture) == "");
    CHECK_THAT(picture, Contains("&lt;/text&gt;&lt;/svg&gt;") && !Contains("<script"));
    CHECK(count_of(picture, "</svg>") == 1);
  }
}

TEST_CASE("points that cannot be drawn leave a gap, not a broken picture") {
  const std::vector<Point> points{{0, 1}, {1, 2}, {2, not_a_number}, {3, infinity}, {4, 1e308}, {5, 3}, {infinity, 1}};
  const std::vector<Series> series{{"a", "", points}};
  const std::string plot = line_plot("t", "x", "y", series);
  CHECK(malformed(plot) == "");
  CHECK(count_of(plot, "<circle") == 3);
  CHECK(count_of(plot.substr(plot.find("<path")), "M") == 2);
  CHECK_THAT(plot, !Contains("nan") && !Contains("inf"));
  const std::vector<Series> below{{"a", "", {{0, 1}, {1, 0}, {2, -1}, {3, 0.1}}}};
  CHECK(count_of(line_plot("t", "x", "y", below, Scale::logarithmic), "<circle") == 2);
}

TEST_CASE("plots of nothing, of one point and of a level line are pictures too") {
  const Series none{"none", "", {}}, undrawable{"undrawable", "", {{1, not_a_number}}}, one{"one", "", {{3, 5}}},
      zero{"zero", "", {{0, 0}}}, level{"level", "", {{0, 7}, {1, 7}}}, large{"large", "", {{0, -1e300}, {1, 1e300}}};
  for (const Scale scale : {Scale::linear, Scale::logarithmic}) {
    for (const Series& series : {none, undrawable, one, zero, level, large}) {
      const std::string plot = line_plot(series.name, "x", "y", std::span(&series, 1), scale);
      CHECK(malformed(plot) == "");
      CHECK_THAT(plot, !Contains("nan") && !Contains("inf<"));
    }
  }
  CHECK_THAT(line_plot("t", "x", "y", {}), Contains("nothing to draw"));
  CHECK_THAT(line_plot("t", "x", "y", std::span(&level, 1)), !Contains("nothing to draw") && Contains(">7.0<"));
}

TEST_CASE("a line of many points keeps its first, its last and its peaks in a small file, few points all") {
  Series many{"loss", "", {}, true};
  for (int i = 0; i < 50'000; ++i) many.points.push_back({i / 1000., 1 + 0.1 * std::sin(i * 0.7)});
  many.points[31'234].y = 9;   // one peak that must not be lost,
  many.points[12'345].y = -3;  // and one valley
  const std::string plot = line_plot("t", "x", "y", std::span(&many, 1));
  CHECK(plot.size() < 60'000);
  // y goes from bottom to top: the plot's highest number has the smallest coordinate.
  const std::string path = plot.substr(plot.find(" d=\"M") + 5);
  std::vector<double> x, y;
  for (std::size_t at = 0; path[at] != '"';) {
    std::size_t used = 0;
    x.push_back(std::stod(path.substr(at), &used));
    at += used;
    y.push_back(std::stod(path.substr(at), &used));
    at += used + (path[at + used] == 'L');
  }
  CHECK(std::ranges::is_sorted(x));
  CHECK(x.size() < 4 * 700);
  CHECK(x.front() == Approx(78));
  CHECK(x.back() == Approx(738));
  const auto [top, bottom] = std::ranges::minmax(y);
  CHECK(top + 50 < y[0]);
  CHECK(bottom - 50 > y[0]);
  // Five points in one column of pixels and one far off: only the one that is no end and no extreme goes.
  const Series column{"c", "", {{0, 0}, {1e-4, 5}, {2e-4, -5}, {3e-4, 1}, {4e-4, 2}, {1, 0}}, false};
  const std::string few = line_plot("t", "x", "y", std::span(&column, 1));
  const auto begin = few.find(" d=\"M");
  CHECK(std::ranges::count(few.substr(begin, few.find('"', begin + 5) - begin), 'L') == 4);
  const auto some = two_lines();
  CHECK(count_of(line_plot("t", "x", "y", some), "<circle") == 6);
}

TEST_CASE("a PNG holds the pixels it was made of") {
  Image image{3, 2, {}};
  for (unsigned i = 0; i < 18; ++i) image.rgb.push_back(static_cast<std::uint8_t>(i * 13));
  const std::string file = png(image);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&header, file.data(), file.size()) != 0);
  header.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> back(PNG_IMAGE_SIZE(header));
  REQUIRE(png_image_finish_read(&header, nullptr, back.data(), 0, nullptr) != 0);
  CHECK(header.width == 3);
  CHECK(header.height == 2);
  CHECK(back == image.rgb);
  CHECK_THROWS_AS(png({3, 2, {}}), InternalError);
  CHECK_THROWS_AS(png({0, 0, {}}), InternalError);
}

TEST_CASE("enlarging repeats pixels") {
  const Image large = enlarged(grey_image(2, 1, std::array<std::uint8_t, 2>{1, 2}), 2);
  CHECK(large.width == 4);
  CHECK(large.height == 2);
  CHECK(large.rgb == grey_image(4, 2, std::array<std::uint8_t, 8>{1, 1, 2, 2, 1, 1, 2, 2}).rgb);
}

TEST_CASE("base64 agrees with RFC 4648, section 10") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xfb\xff\xfe") == "+//+");
}

TEST_CASE("a sheet counts the right ones and marks the wrong ones by more than colour") {
  const std::vector<Image> images(3, grey_image(28, 28, std::vector<std::uint8_t>(784, 90)));
  const std::vector<Caption> captions{{"Bag", "Bag", 0.97}, {"Coat", "Shirt", 0.4}, {"Dress", "Dress", 1}};
  const std::string picture = sheet("MLP", images, captions);
  CHECK(malformed(picture) == "");
  CHECK(picture == sheet("MLP", images, captions));
  CHECK_THAT(picture, Contains(">MLP: 2 of 3 right<") && Contains("✓ Bag<") && Contains("✗ Coat<") &&
                          Contains(">is: Shirt<") && Contains(">97 %<") && !Contains(">is: Bag<"));
  CHECK(count_of(picture, "<image") == 3);
  CHECK_THROWS_AS(sheet("MLP", images, std::span(captions).first(2)), InternalError);
  CHECK(malformed(sheet("none", {}, {})) == "");
}

TEST_CASE("the boundary is drawn where the probability is one half") {
  const ProbabilityGrid grid = sample({0, 1}, {0, 1}, 4, [](float x, float) { return x; });
  CHECK(grid.probability[0] == 0.125f);
  CHECK(grid.probability[3] == 0.875f);
  const std::vector<LabelledPoint> points{{0, 0, false, 0}, {1, 1, true, 1}, {0.5f, 0, true, 0.5f}};
  const std::string picture = boundary("half", grid, points, "left", "right");
  CHECK(malformed(picture) == "");
  CHECK(picture == boundary("half", grid, points, "left", "right"));
  const std::size_t path = picture.find("<path d=\"") + 9;
  const std::string line = picture.substr(path, picture.find('"', path) - path);
  CHECK(line == "M262 406L262 306M262 306L262 206M262 206L262 106");  // the middle of a square of 400 from x = 62
  CHECK_THAT(picture, Contains(">wrong: 1 of 3<") && Contains(">left<") && Contains(">right<"));
  CHECK_THROWS_AS(boundary("t", {{}, {}, 2, {0.5f}}, {}, "a", "b"), InternalError);
}
