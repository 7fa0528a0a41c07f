// The text form of a graph, from a stranger: what cannot be read is answered with line, column and what was expected,
// whatever it is.
#include <catch2/catch.hpp>
#include <random>

#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "tests/named_values.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;

namespace {

std::string refusal(const std::string& text) {
  return complaint<InputError>([&] { parse(text, "g.vit"); });
}
/// A graph with this body, whose first line is line 2.
std::string body(const std::string& lines) { return refusal("graph g {\n" + lines + "\n}\n"); }

const std::string small = R"vit(graph small {
  input %x : f32[batch 2, 3]
  state %"w 1" : f32[3, 2] = normal(0.5)
  constant %7 = [1.0, -0.0] : f32[2]
  %1 = matmul(%x, %"w 1") {transpose_left = false} : f32[batch 2, 2] @g1 #1
  %2 = map(%1, %7) {by = "x * (y + 1.0)"} : f32[batch 2, 2] @g1 of 1, 7
  %3 = sum_to(%2) {to = [2]} : f32[2] @gradient
  output y = %2
  update %"w 1" = %"w 1"
  place #1 = "a.cpp":12 in up.left
}
)vit";

}  // namespace

TEST_CASE("what is malformed is answered with line, column and what was expected") {
  CHECK(refusal("") == "g.vit:1:1: expected 'graph', found the end of the text");
  CHECK(refusal("grph g {}") == "g.vit:1:1: expected 'graph', found 'grph'");
  CHECK(refusal("graph {}") == "g.vit:1:7: expected the graph's name, found '{'");
  CHECK(refusal("graph g {} }") == "g.vit:1:12: expected the end of the text, found '}'");
  CHECK(refusal("graph \"g {}\n") == "g.vit:1:7: the quotes are not closed on this line");
  CHECK(refusal("graph g {\n") ==
        "g.vit:2:1: expected input, state, constant, a node (%1 = ...), output, update, place or '}', found the end of "
        "the text");
  CHECK(body("  inptu %x : f32[3]") ==
        "g.vit:2:3: expected input, state, constant, a node (%1 = ...), output, update, place or '}', found 'inptu'");
  CHECK(body("input x : f32[3]") == "g.vit:2:7: expected '%', found 'x'");
  CHECK(body("input %x f32[3]") == "g.vit:2:10: expected ':', found 'f32'");
  CHECK(body("input %x : f33[3]") ==
        "g.vit:2:12: expected a type of element (f32, bf16, i32, i8, u8, bool), found 'f33'");
  CHECK(body("input %x : f32") == "g.vit:3:1: expected a type, as in 'f32[batch 64, 10]', found '}'");
  CHECK(body("input %x : f32[3") == "g.vit:3:1: expected ']', found '}'");
  CHECK(body("input %x : f32[-3]") == "g.vit:2:12: expected an axis, as in 'time 128' or '128', found '-3'");
  CHECK(body("input %x : f32[3,]") == "g.vit:2:12: expected an axis after the comma, found '[3,]'");
  CHECK(body("input %x : f32[1, 1, 1, 1, 1, 1, 1]") ==
        "g.vit:2:12: expected at most 6 axes, found '[1, 1, 1, 1, 1, 1, 1]'");
  CHECK(body("input %x : f32[99999999999]") ==
        "g.vit:2:12: expected an axis, as in 'time 128' or '128', found '99999999999'");
  CHECK(body("input %x : f32[4000000000, 4000000000]") ==
        "g.vit:2:12: expected at most 2^40 elements, found '[4000000000, 4000000000]'");
  CHECK(body("input %x : f32[a_name_of_sixteen 3]") ==
        "g.vit:2:12: expected an axis name of at most 15 characters, found 'a_name_of_sixteen'");
  CHECK(body("input %x : f32[a-b 3]") == "g.vit:2:12: expected an axis name of letters, digits and _, found 'a-b'");
  CHECK(body("input %x : f32[a 3]\ninput %y : f32[a 4]") ==
        "g.vit:3:8: graph 'g': axis a has two sizes, 3 and 4; give the two axes two names");
  CHECK(body("input %x : f32[3]\ninput %x : f32[3]") ==
        "g.vit:3:8: graph 'g': two inputs or states are named 'x'; give each its own name");
  CHECK(body("state %w : f32[3] = normal(x)") == "g.vit:2:28: expected a number, found 'x'");
  CHECK(body("state %w : f32[3] = normal(1") == "g.vit:3:1: expected ')', found '}'");
  CHECK(body("constant %1 = [1.0, 2.0] : f32[3]") == "g.vit:2:34: the constant has 2 elements, its type 3");
  CHECK(body("constant %1 = [300] : u8[1]") == "g.vit:2:16: 300 does not fit into u8");
  CHECK(body("constant %1 = [1.5] : i32[1]") == "g.vit:2:16: expected a whole number, found '1.5'");
  CHECK(body("constant %1 = [,] : f32[1]") == "g.vit:2:16: expected a number or ']', found ','");
  CHECK(body("%1 = rleu(2.0) : f32[]") ==
        "g.vit:2:6: there is no op named 'rleu'; did you mean 'relu'? ('vitrine ops' lists them)");
  CHECK(body("%1 = relu(%2) : f32[]\n%2 = relu(1.0) : f32[]") == "g.vit:2:11: %2 is used before it is made");
  CHECK(body("%1 = relu(%x) : f32[]") == "g.vit:2:11: there is no input or state named 'x'");
  CHECK(body("%1 = relu() : f32[]") == "g.vit:2:6: relu: wants 1 operand, got 0");
  CHECK(body("%1 = relu(,) : f32[]") == "g.vit:2:11: expected an operand, found ','");
  CHECK(body("%1 = relu(1.0 : f32[]").find("g.vit:") == 0);
  CHECK(body("%1 = relu(1.0) : f32[3]") == "g.vit:2:6: relu makes f32[], but f32[3] is written here");
  CHECK(body("%1 = relu(1.0) : f32[]\n%1 = relu(2.0) : f32[]") == "g.vit:3:2: %1 is made twice");
  CHECK(body("input %x : f32[]\n% 0 = relu(%x) : f32[]") == "g.vit:3:3: %0 is made twice");
  CHECK(body("% 0 = inverse_size() {of = []} : f32[]\ninput %x : f32[]") == "");
  CHECK(body("%1048576 = relu(1.0) : f32[]") == "g.vit:2:2: a node's number must be below 1048576");
  CHECK(body("%99999999999999999999 = relu(1.0) : f32[]") == "g.vit:2:2: a node's number must be below 1048576");
  CHECK(body("input %x : f32[2, 3]\n%1 = matmul(%x, %x) : f32[2, 3]") ==
        "g.vit:3:6: matmul: inner dimensions differ in [2, 3] x [2, 3]: 3 != 2");
  CHECK(body("%1 = broadcast_to(1.0) : f32[3]") == "g.vit:2:24: broadcast_to: attribute 'to' is missing");
  CHECK(body("%1 = broadcast_to(1.0) {to = [3], from = [2]} : f32[3]") ==
        "g.vit:2:24: broadcast_to: there is an attribute that it does not have");
  CHECK(body("%1 = broadcast_to(1.0) {to 3} : f32[3]") == "g.vit:2:28: expected '=', found '3'");
  CHECK(body("%1 = map(1.0) {by = \"x *\"} : f32[]") ==
        "g.vit:2:6: formula 'x *': expected a number, an operand or a function at character 4");
  CHECK(body("%1 = map(1.0) {by = \"x * y\"} : f32[]") == "g.vit:2:6: map: 'x * y' reads 2 operands, got 1");
  CHECK(body("output y = %1") == "g.vit:2:12: %1 is used before it is made");
  CHECK(body("output y = 1.0\noutput y = 2.0") ==
        "g.vit:3:8: graph 'g': two outputs are named 'y'; give each its own name");
  CHECK(body("input %x : f32[]\nupdate %x = 1.0") == "g.vit:3:8: graph 'g': only a state can be updated");
  CHECK(body("state %w : f32[3]\nupdate %w = 1.0") ==
        "g.vit:3:8: update of w: the state is f32[3], its next value f32[]");
  CHECK(body("%1 = relu(1.0) : f32[] #3") == "g.vit:2:2: there is no place #3");
  CHECK(body("%1 = relu(1.0) : f32[] @gx") == "g.vit:2:26: expected the group's number, found 'x'");
  CHECK(body("place #1 = in") == "g.vit:3:1: expected a module's path, found '}'");
  CHECK(body("place #1 = \"a.cpp\" 3") == "g.vit:2:20: expected ':', found '3'");
  CHECK(refusal(std::string("graph g {\0}", 11)) ==
        "g.vit:1:10: expected input, state, constant, a node (%1 = ...), output, update, place or '}', found '?'");
}

TEST_CASE("a text that is meant to exhaust stack or memory is refused instead") {
  const auto repeated = [](const std::string& piece, std::size_t times) {
    std::string made;
    for (std::size_t i = 0; i < times; ++i) made += piece;
    return made;
  };
  CHECK_THAT(body("%1 = map(1.0) {by = \"" + repeated("neg(", 100000) + "x\"} : f32[]"),
             Catch::Contains("at most 200 brackets within each other"));
  CHECK_THAT(body("%1 = map(1.0) {by = \"" + repeated("(", 100000) + "x\"} : f32[]"),
             Catch::Contains("at most 200 brackets within each other"));
  CHECK_THAT(body("%1 = map(1.0) {by = \"x" + repeated(" + x", 1000000) + "\"} : f32[]"),
             Catch::Contains("at most 4096 numbers and operands"));
  CHECK_THAT(body("input %x : f32[" + repeated("[", 1000000)), Catch::StartsWith("g.vit:"));
  CHECK_THAT(body("%1 = relu(" + repeated("(", 1000000)), Catch::StartsWith("g.vit:"));
  CHECK_THAT(body("%1 = add(" + repeated("1.0,", 100000) + "1.0) : f32[]"),
             Catch::Contains("add: wants 2 operands, got 100001"));
  CHECK(body("%1 = map(1.0) {by = \"x" + repeated(" + x", 4000) + "\"} : f32[]") == "");
  CHECK(body(repeated("y", 100000)).size() < 300);  // what is quoted of a text is short
}

TEST_CASE("a text that ends at any byte is read or refused, never more") {
  REQUIRE_NOTHROW(parse(small));
  CHECK(print(parse(print(parse(small)))) == print(parse(small)));
  for (std::size_t end = 0; end + 2 < small.size(); ++end) {
    CAPTURE(small.substr(0, end));
    REQUIRE_THAT(refusal(small.substr(0, end)), Catch::StartsWith("g.vit:"));
  }
}

TEST_CASE("20,000 random edits of a text are read or refused, and what is read prints as it reads") {
  std::mt19937 random(20);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::string signs = "%{}[](),:=@#\"\\ \n0179.-+exyg_" + std::string(1, '\0') + "\xff";
  std::size_t read = 0, refused = 0;
  for (int turn = 0; turn < 20000; ++turn) {
    std::string text = small;
    for (std::size_t edit = 0, edits = 1 + below(5) / 4; edit < edits; ++edit) {
      const std::size_t at = below(text.size()), length = std::min(text.size() - at, 1 + below(6));
      switch (below(4)) {
        case 0: text[at] = signs[below(signs.size())]; break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(at, 1, signs[below(signs.size())]); break;
        default: text.insert(below(text.size()), text.substr(at, length));
      }
    }
    CAPTURE(turn, text);
    std::string printed;
    try {
      printed = print(parse(text));
    } catch (const InputError&) {
      ++refused;
      continue;
    } catch (const UsageError&) {
      ++refused;
      continue;
    }
    ++read;
    REQUIRE(print(parse(printed)) == printed);
  }
  CHECK(read > 500);
  CHECK(refused > 5000);
}
