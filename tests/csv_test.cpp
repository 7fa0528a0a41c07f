#include <catch2/catch.hpp>
#include <clocale>
#include <limits>

#include "tests/scratch.hpp"
#include "tools/data/batches.hpp"
#include "tools/data/csv_file.hpp"
#include "tools/data/rows.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

Table table_of(const std::string& text, Header header = Header::detect, char separator = ',') {
  const Scratch scratch;
  put(scratch / "data.csv", text);
  return read_csv(scratch / "data.csv", header, separator);
}
std::vector<float> numbers_of(const std::string& text) { return table_of(text).numbers; }
std::string refusal_of(const std::string& text, Header header = Header::detect) {
  return input_error_of([&] { table_of(text, header); });
}

}  // namespace

TEST_CASE("a table's names, numbers and lines are read, with and without a header") {
  const Table named = table_of("height,\"width, outer\",kind\n1.5,-2e3,0\n+7,.25,1\n");
  CHECK(named.names == std::vector<std::string>{"height", "width, outer", "kind"});
  CHECK(named.columns == 3);
  CHECK(named.rows() == 2);
  CHECK(named.numbers == std::vector<float>{1.5f, -2000, 0, 7, .25f, 1});
  CHECK(named.lines == std::vector<std::size_t>{2, 3});
  const Table plain = table_of("1,2\n3,4\n");
  CHECK(plain.names.empty());
  CHECK(plain.numbers == std::vector<float>{1, 2, 3, 4});
  CHECK(table_of("1,2\n3,4\n", Header::yes).names == std::vector<std::string>{"1", "2"});
  CHECK(table_of("1;2\n3;4\n", Header::no, ';').rows() == 2);
  CHECK(table_of("1\t2\n", Header::no, '\t').columns == 2);
}

TEST_CASE("a first row with a field that is meant as a number is no header, and is not lost") {
  for (const auto& [text, says] :
       {std::pair("nan,0\n1,2\n", "line 1, column 1: \"nan\" is not a finite number"),
        std::pair("-inf,a\n1,2\n", "line 1, column 1: \"-inf\" is not a finite number"),
        std::pair("a,NaN\n1,2\n", "line 1, column 1: \"a\" is not a number"),
        std::pair("1e39,0\n1,2\n", "line 1, column 1: \"1e39\" is outside of what f32 can hold"),
        std::pair("1e999,b\n1,2\n", "line 1, column 1: \"1e999\" is outside"),
        std::pair(",0\n1,2\n", "line 1, column 1: \"\" is empty"), std::pair("x,+7\n1,2\n", "\"x\" is not a number"),
        std::pair("\"3\", y \n1,2\n", "line 1, column 2: \" y \" is not a number")}) {
    CAPTURE(text);
    CHECK_THAT(refusal_of(text), Contains(says));
  }
  CHECK(table_of("nano,infinite,+,1e\n1,2,3,4\n").names == std::vector<std::string>{"nano", "infinite", "+", "1e"});
}

TEST_CASE("line ends, blank lines, a byte order mark, spaces and quotes do not change the numbers") {
  const std::vector<float> four{1, 2, 3, 4};
  for (const char* text :
       {"1,2\n3,4\n", "1,2\n3,4", "1,2\r\n3,4\r\n", "\n1,2\n\n\n3,4\n\n",
        "\xef\xbb\xbf"
        "1,2\n3,4\n",
        " 1 ,\t2\n3, 4 \n", "\"1\",2\n3,\"4\"\n", "\"1\",\"2\"\r\n\"3\",\"4\"", "1.0,2e0\n0.3e1,+4\n"}) {
    CAPTURE(text);
    CHECK(numbers_of(text) == four);
  }
}

TEST_CASE("a quoted field may hold separators, quotes and lines, and the lines behind it are counted right") {
  const Table table = table_of("\"a \"\"b\"\",\nc\",d\n1,2\n");
  CHECK(table.names == std::vector<std::string>{"a \"b\",\nc", "d"});
  CHECK(table.lines == std::vector<std::size_t>{3});
  CHECK_THAT(refusal_of("\"a\nb\",c\n1,2\nx,2\n"), Contains("line 4, column 1"));
}

TEST_CASE("numbers read back as they were written, down to the smallest") {
  CHECK(numbers_of("0.1\n3.4028235e38\n1.1754944e-38\n1.4e-45\n-0\n") ==
        std::vector<float>{0.1f, std::numeric_limits<float>::max(), std::numeric_limits<float>::min(),
                           std::numeric_limits<float>::denorm_min(), -0.f});
  CHECK(numbers_of("1e-60\n") == std::vector<float>{0});
}

TEST_CASE("a locale with a decimal comma changes nothing") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where the system has it
  const auto numbers = numbers_of("1.5,2\n");
  std::setlocale(LC_ALL, before.c_str());
  CHECK(numbers == std::vector<float>{1.5f, 2});
}

TEST_CASE("a table that is none is refused with line and column") {
  struct Case {
    std::string text, says;
  };
  const std::vector<Case> cases{
      {"", "no row of numbers"},
      {"\n\n", "no row of numbers"},
      {"a,b\n", "no row of numbers"},
      {"1,2\n3\n", "line 2: it has 1 fields, but the first row has 2"},
      {"1,2\n3,4,5\n", "line 2: it has 3 fields"},
      {"1,2\n3,4,\n", "line 2: it has 3 fields"},
      {"1,2\n3,x\n", "line 2, column 2: \"x\" is not a number"},
      {"1,2\n3,4x\n", "line 2, column 2: \"4x\" is not a number"},
      {"1,2\n3,0x10\n", "\"0x10\" is not a number"},
      {"1,2\n3,1 000\n", "\"1 000\" is not a number"},
      {"1,2\n3,+-4\n", "is not a number"},
      {"1,2\n3,+\n", "is not a number"},
      {"1,2\n3,\n", "line 2, column 2: \"\" is empty"},
      {"1,2\n,4\n", "line 2, column 1: \"\" is empty"},
      {"1,2\n\n3,nan\n", "line 3, column 2: \"nan\" is not a finite number"},
      {"1,2\n-inf,4\n", "line 2, column 1: \"-inf\" is not a finite number"},
      {"1,2\n3,1e39\n", "\"1e39\" is outside of what f32 can hold"},
      {"1,2\n3,1e999\n", "\"1e999\" is outside of what f32 can hold"},
      {"1,2\n3,\"4\n", "line 2, column 2: the field opens a quote that is never closed"},
      {"1,2\n3,\"4\n\"\"5\n", "line 2, column 2: the field opens a quote"},
      {"1,2\n3,4\"5\"\n", "line 2, column 2: the field has a quote in its middle"},
      {"1,2\n\"3\"4,5\n", "line 2, column 1: the field holds something behind its closing quote"},
      {"a,a\n1,2\n", "line 1: the header names the column \"a\" twice"},
      {std::string("1,2\n3,\0\n", 8), "\"\\x00\" is not a number"},
      {"\xff\xfe"
       "1\n2\n3\n4,5\n",
       "line 4: it has 2 fields"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    CHECK_THAT(refusal_of(each.text), Contains("data.csv\": ") && Contains(each.says));
  }
  CHECK_THAT(refusal_of("a,b\n1,2\n", Header::no), Contains("line 1, column 1: \"a\" is not a number"));
  const Scratch scratch;
  CHECK_THAT(input_error_of([&] { read_csv(scratch / "none.csv"); }), Contains("none.csv"));
  CHECK_THAT(input_error_of([&] { read_csv(scratch.folder()); }), Contains("not a regular file") || Contains("folder"));
}

TEST_CASE("a column is found by its name, else by its number from 1") {
  const Table table = table_of("x,3,kind\n1,2,0\n", Header::yes);
  CHECK(column_of(table, "kind") == 2);
  CHECK(column_of(table, "3") == 1);  // a name goes first
  CHECK(column_of(table, "1") == 0);
  for (const char* none : {"0", "4", "y", "", "-1", "1 "}) {
    CAPTURE(none);
    CHECK_THROWS_WITH(column_of(table, none),
                      Contains("there is no column") && Contains("1 to 3") && Contains("x, 3, kind"));
  }
}

TEST_CASE("rows are examples: the label column apart, the others in their order") {
  const Table table = table_of("1,0,2\n3,1,4\n");
  const RowExamples data(table, 1, 2);
  Batches batches(data, {.size = 2, .shuffle = false});
  const Batch& batch = batches.next();
  CHECK(std::ranges::equal(batch.floats("row"), std::vector<float>{1, 2, 3, 4}));
  CHECK(std::ranges::equal(batch.integers("label"), std::vector<std::int32_t>{0, 1}));
  const RowExamples targets(table, 2, 0);
  Batches other(targets, {.size = 2, .shuffle = false});
  const Batch& numbers = other.next();
  CHECK(std::ranges::equal(numbers.floats("row"), std::vector<float>{1, 0, 3, 1}));
  CHECK(std::ranges::equal(numbers.floats("target"), std::vector<float>{2, 4}));
}

TEST_CASE("labels that are no classes are refused with their line, columns that cannot be labels by name") {
  for (const auto& [label, said] : {std::pair("2", "the label 2 is"), std::pair("-1", "the label -1 is"),
                                    std::pair("0.5", "the label 0.5 is"), std::pair("1e20", "the label 1e+20 is")}) {
    const Table table = table_of(std::string("a,kind\n1,0\n\n1,") + label + "\n");
    CHECK_THAT(input_error_of([&] { RowExamples(table, 1, 2); }),
               Contains("line 4, column 2") && Contains(said) && Contains("2 classes, 0 to 1"));
  }
  const Table one = table_of("1\n2\n");
  CHECK_THROWS_WITH(RowExamples(one, 0, 3), Contains("nothing to tell it from"));
  CHECK_THROWS_WITH(RowExamples(one, 1, 3), Contains("column 2 of 1"));
}
