#include "compiler/plan_picture.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/byte_text.hpp"
#include "tests/xml_texts.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

constexpr std::size_t mebibyte = 1 << 20;

/// Three steps, two tensors and a workspace, in an arena 2.5 % above its lower bound.
struct ThreeSteps {
  Graph graph{"g"};
  Value a, b;
  Plan plan{};

  ThreeSteps() {
    const Value x = graph.input("x", {DType::f32, shape_of<2, 3>});
    a = relu(x);
    b = matmul(a, transpose(a));
    plan.name = "<a> \"plan\" & more";
    plan.steps.resize(3);
    plan.steps[0].nodes = {a.id};
    plan.steps[1].head = Matmul{false, true};
    plan.steps[1].nodes = {b.id};
    plan.steps[2].head = SumTo{Shape{}};
    plan.steps[2].nodes = {b.id, a.id};
    plan.arena_bytes = 41 * mebibyte / 8;
    plan.lower_bound = 5 * mebibyte;
    plan.planner = "by breadth";
    plan.lifetimes = {{a.id, false, 0, 2 * mebibyte, 0, 1},
                      {b.id, false, 2 * mebibyte, 3 * mebibyte, 1, 2},
                      {b.id, true, 5 * mebibyte, mebibyte / 8, 1, 1}};
  }
};

struct Rectangle {
  double x, y, width, height;
  std::string fill;
};
/// By its tooltip's first line.
std::map<std::string, Rectangle> rectangles(const Xml& xml) {
  std::map<std::string, Rectangle> made;
  for_each_element(xml, [&](const std::string& name, const Xml& element) {
    if (name != "g") return;
    const std::string tip = element.get<std::string>("title");
    const Xml& r = element.get_child("rect");
    const auto number = [&](const char* key) { return std::stod(attribute(r, key)); };
    made[tip.substr(0, tip.find('\n'))] = {number("x"), number("y"), number("width"), number("height"),
                                           attribute(r, "fill")};
  });
  return made;
}

}  // namespace

TEST_CASE("the memory plan's picture says how far the arena is from its lower bound") {
  const ThreeSteps e;
  const Xml xml = read_xml(plan_picture(e.plan, e.graph));
  const auto words = texts(xml, "text");
  const auto says = [&](const std::string& text) { return std::ranges::find(words, text) != words.end(); };
  CHECK(says("arena 5.12 MiB, lower bound 5.00 MiB (+2.5 %), placed by breadth"));
  CHECK(says("lower bound 5.00 MiB"));
  CHECK(says("<a> \"plan\" & more: memory"));
  CHECK(says("1 matmul"));
  CHECK(says("2 sum_to + 1"));
  CHECK(says("contraction"));
  CHECK(says("activation"));
  CHECK_FALSE(says("loss"));
}

TEST_CASE("the memory plan's picture has a rectangle for each lifetime, at its steps and offset") {
  const ThreeSteps e;
  const std::string a = "%" + std::to_string(e.a.id) + " relu", b = "%" + std::to_string(e.b.id) + " matmul";
  const auto made = rectangles(read_xml(plan_picture(e.plan, e.graph)));
  REQUIRE(made.size() == 3);
  const Rectangle &first = made.at(a), &second = made.at(b), &scratch = made.at("workspace of " + b);
  CHECK(first.width == Approx(2 * scratch.width));
  CHECK(second.width == Approx(first.width));
  CHECK(second.x == Approx(first.x + scratch.width));
  CHECK(scratch.x == Approx(second.x));
  CHECK(second.height == Approx(1.5 * first.height).epsilon(0.001));
  CHECK(second.y + second.height == Approx(first.y).margin(0.05));  // it lies on top of it: offset 2 MiB
  CHECK(scratch.y + scratch.height == Approx(second.y).margin(0.05));
  CHECK(first.fill == colour_of(Kind::activation));
  CHECK(second.fill == colour_of(Kind::contraction));
  CHECK(scratch.fill == "url(#hatched)");
}

TEST_CASE("a plan without tensors, or with nodes that are no more, is drawn all the same") {
  ThreeSteps e;
  CHECK_NOTHROW(read_xml(plan_picture(Plan{}, e.graph)));
  e.plan.lifetimes = {{12345, false, 0, 64, 0, 7}};
  e.plan.arena_bytes = e.plan.lower_bound = 64;
  const auto made = rectangles(read_xml(plan_picture(e.plan, e.graph)));
  CHECK(made.contains("%12345"));
}

TEST_CASE("bytes are told with three digits") {
  CHECK(byte_text(0) == "0 B");
  CHECK(byte_text(1023) == "1023 B");
  CHECK(byte_text(1536) == "1.50 KiB");
  CHECK(byte_text(12'800) == "12.5 KiB");
  CHECK(byte_text(128 * 1024) == "128 KiB");
  CHECK(byte_text(mebibyte - 1) == "1.00 MiB");
  CHECK(byte_text(std::size_t{3} << 40) == "3.00 TiB");
}
