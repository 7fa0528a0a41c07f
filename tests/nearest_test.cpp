#include "vitrine/nearest.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace vitrine;

TEST_CASE("the edit distance counts added, removed, replaced and swapped letters, whatever their case") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("matmul", "matmul") == 0);
  CHECK(edit_distance("matmul", "MatMul") == 0);
  CHECK(edit_distance("mtmul", "matmul") == 1);
  CHECK(edit_distance("mattmul", "matmul") == 1);
  CHECK(edit_distance("matnul", "matmul") == 1);
  CHECK(edit_distance("matmlu", "matmul") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is suggested for a slip of the finger") {
  constexpr std::array<std::string_view, 5> names{"02_xor", "03_mlp", "fold_constants", "merge_duplicates", "relu"};
  CHECK(nearest("03_mpl", names) == "03_mlp");
  CHECK(nearest("3_mlp", names) == "03_mlp");
  CHECK(nearest("fold_constant", names) == "fold_constants");
  CHECK(nearest("merge_dupliactes", names) == "merge_duplicates");
  CHECK(nearest("ReLU", names) == "relu");
  CHECK(nearest("rellu", names) == "relu");
}

TEST_CASE("nothing is suggested when nothing is near") {
  constexpr std::array<std::string_view, 4> names{"add", "relu", "matmul", "a"};
  CHECK(nearest("convolution", names).empty());
  CHECK(nearest("gelu_approximate", names).empty());
  CHECK(nearest("b", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(nearest("relu", {}).empty());
  CHECK(nearest(std::string(100'000, 'x'), names).empty());
}

TEST_CASE("of two equally near names the first is suggested") {
  constexpr std::array<std::string_view, 2> names{"cat", "car"};
  CHECK(nearest("cap", names) == "cat");
}
