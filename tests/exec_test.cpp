// `exec`: a graph on given tensors, held against numbers worked out by hand.
#include <cstring>
#include <nlohmann/json.hpp>

#include "runtime/tensor_file.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;
using Floats = std::vector<float>;

namespace {

const std::string graph = R"(graph example {
  input %x : f32[batch 2, in 3]
  state %w : f32[in 3, out 2] = normal(0.5)
  %2 = matmul(%x, %w) : f32[batch 2, out 2]
  %3 = relu(%2) : f32[batch 2, out 2]
  %4 = mean(%3) : f32[]
  output y = %3
  output loss = %4
}
)";

HostTensor tensor(std::vector<std::size_t> sizes, const Floats& numbers) {
  const auto bytes = std::as_bytes(std::span(numbers));
  return {DType::f32, std::move(sizes), {bytes.begin(), bytes.end()}};
}
Floats numbers_of(const HostTensor& tensor) {
  Floats numbers(tensor.bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), tensor.bytes.data(), tensor.bytes.size());
  return numbers;
}

/// The graph and its tensors in a folder: x w is [[4, -6], [10, -12]].
struct Example {
  Scratch scratch;
  std::string file = (scratch / "example.vit").string(), inputs = (scratch / "in.safetensors").string(),
              out = (scratch / "out.safetensors").string();
  TensorFile tensors{{{"x", tensor({2, 3}, {1, 2, 3, 4, 5, 6})}, {"w", tensor({3, 2}, {1, -1, 0, 2, 1, -3})}}, {}};

  Example() {
    put(file, graph);
    write();
  }
  void write() const { write_tensor_file(inputs, tensors); }
  Words words(Words more = {}) const {
    Words all{"exec", file, "--inputs", inputs, "-o", out};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string refused(int code, Words more = {}) const {
    const std::string said = sentence_of(words(std::move(more)), code);
    CHECK_FALSE(std::filesystem::exists(out));
    return said;
  }
};

}  // namespace

TEST_CASE("exec computes y = relu(x w), its mean and the gradients, as by hand") {
  const Example example;
  const std::string json = (example.scratch / "numbers.json").string();
  const Words wanted[]{{"--grad", "w", "x"},
                       {"--grad", "w", "--grad", "x", "--reference"},
                       {"--grad", "w", "x", "--threads", "1", "--passes=fold_transposes"}};
  for (Words more : wanted) {
    more.insert(more.end(), {"--json", json});
    CAPTURE(typed(more));
    const Finished run = vitrine_run(example.words(more));
    REQUIRE(run.status == 0);
    CHECK(run.err.empty());
    CHECK(run.out == "d w : f32[3, 2]\nd x : f32[2, 3]\nloss : f32[] = 3.5\ny : f32[2, 2]\n");
    const TensorFile made = read_tensor_file(example.out);
    CHECK(made.tensors.size() == 4);
    CHECK(numbers_of(made.tensors.at("y")) == Floats{4, 0, 10, 0});
    CHECK(numbers_of(made.tensors.at("loss")) == Floats{3.5f});
    // Where relu passes, the mean hands 1/4 to each: d w = xT [[1/4, 0], [1/4, 0]], d x = that times wT.
    CHECK(numbers_of(made.tensors.at("d w")) == Floats{1.25f, 0, 1.75f, 0, 2.25f, 0});
    CHECK(numbers_of(made.tensors.at("d x")) == Floats{.25f, 0, .25f, .25f, 0, .25f});
    CHECK(nlohmann::json::parse(content_of(json)) == nlohmann::json{{"loss", 3.5}});
    std::filesystem::remove(example.out);
  }
}

TEST_CASE("a state that is not given begins as its text says, the same in both ways of computing") {
  Example example;
  example.tensors.tensors.erase("w");
  example.write();
  const auto made = [&](Words more) {
    CHECK(vitrine_run(example.words(std::move(more))).status == 0);
    return read_tensor_file(example.out).tensors.at("y");
  };
  const auto once = made({"--seed", "5"});
  CHECK(made({"--seed", "5"}) == once);
  CHECK_FALSE(made({"--seed", "6"}) == once);
  const Floats compiled = numbers_of(once), reference = numbers_of(made({"--seed", "5", "--reference"}));
  for (std::size_t i = 0; i < compiled.size(); ++i) CHECK(compiled[i] == Approx(reference[i]).epsilon(1e-6));
}

TEST_CASE("exec hands out updated states") {
  const Example example;
  put(example.file,
      "graph count {\n  input %x : f32[2]\n  state %sum : f32[2] = 0.0\n  %2 = add(%sum, %x) : f32[2]\n"
      "  output before = %sum\n  update %sum = %2\n}\n");
  write_tensor_file(example.inputs, {{{"x", tensor({2}, {1, 2})}, {"sum", tensor({2}, {10, 20})}}, {}});
  for (const Words& more : {Words{}, Words{"--reference"}}) {
    REQUIRE(vitrine_run(example.words(more)).status == 0);
    const TensorFile made = read_tensor_file(example.out);
    CHECK(numbers_of(made.tensors.at("before")) == Floats{10, 20});
    CHECK(numbers_of(made.tensors.at("sum")) == Floats{11, 22});
  }
}

TEST_CASE("exec refuses tensors that are not the graph's, by name, and writes nothing") {
  Example example;
  const auto given = [&](const std::string& name, HostTensor t) {
    TensorFile changed = example.tensors;
    changed.tensors[name] = std::move(t);
    write_tensor_file(example.inputs, changed);
  };
  given("z", tensor({1}, {0}));
  CHECK_THAT(example.refused(3), Contains("no input or state named \"z\""));
  given("x", tensor({3, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK_THAT(example.refused(3), Contains("'x' is f32[3, 2]") && Contains("f32[batch 2, in 3]"));
  HostTensor integers = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  integers.dtype = DType::i32;
  given("x", integers);
  CHECK_THAT(example.refused(3), Contains("'x' is i32[2, 3]"));
  CHECK_THAT(example.refused(3, {"--reference"}), Contains("'x' is i32[2, 3]"));
  write_tensor_file(example.inputs, {{{"w", example.tensors.tensors.at("w")}}, {}});
  CHECK_THAT(example.refused(3), Contains("input 'x' is missing"));
  CHECK_THAT(sentence_of({"exec", example.file, "-o", example.out}, 3), Contains("'x'; give its tensor with --inputs"));
  example.write();
  CHECK_THAT(example.refused(2, {"--grad", "v"}), Contains("--grad v") && Contains("no input or state"));
  CHECK_THAT(example.refused(2, {"--passes=remove_unusd"}), Contains("did you mean 'remove_unused'?"));
}

TEST_CASE("a tensor's name from a file cannot break the sentence nor drive the terminal") {
  Example example;
  example.tensors.tensors["a\x1b[31m\nvitrine: ok"] = tensor({1}, {0});
  example.write();
  CHECK_THAT(example.refused(3), Contains(R"("a\x1b[31m\x0avitrine: ok")"));
}

TEST_CASE("exec refuses a gradient where there is not one scalar to differentiate") {
  const Example example;
  put(example.file,
      "graph g {\n  input %x : f32[batch 2, in 3]\n  state %w : f32[in 3, out 2] = 0.0\n"
      "  %2 = matmul(%x, %w) : f32[batch 2, out 2]\n  output y = %2\n}\n");
  CHECK_THAT(example.refused(2, {"--grad", "w"}), Contains("one scalar output"));
}

namespace {

/// Bytes that are none of an op's making: any for most types, 0 and 1 for masks.
HostTensor patterned(DType dtype, const std::vector<std::size_t>& sizes) {
  HostTensor made{dtype, sizes, {}};
  std::size_t bytes = size_of(dtype);
  for (const std::size_t size : sizes) bytes *= size;
  for (std::size_t i = 0; i < bytes; ++i)
    made.bytes.push_back(static_cast<std::byte>((i * 37 + 11) % (dtype == DType::boolean ? 2 : 120)));
  return made;
}

std::string type_text(DType dtype, const std::vector<std::size_t>& sizes) {
  std::string axes;
  for (const std::size_t size : sizes) axes += (axes.empty() ? "" : ", ") + std::to_string(size);
  return std::string(name_of(dtype)) + "[" + axes + "]";
}

}  // namespace

TEST_CASE("exec takes every type of element, 0 to 6 axes, empty ones too, as inputs and as states") {
  const Example example;
  const std::vector<std::vector<std::size_t>> shapes{{},
                                                     {0},
                                                     {1},
                                                     {3},
                                                     {2, 3},
                                                     {2, 0},
                                                     {2, 1, 3},
                                                     {1, 2, 1, 2},
                                                     {2, 1, 2, 1, 2},
                                                     {1, 2, 1, 2, 1, 2},
                                                     {0, 2, 1, 2, 1, 2}};
  for (const DType dtype : every_dtype) {
    std::string leaves = "graph every {\n", rest;
    TensorFile given, wanted;
    int id = 100;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const std::string n = std::to_string(i), type = type_text(dtype, shapes[i]);
      const HostTensor x = patterned(dtype, shapes[i]), s = patterned(dtype, shapes[i]);
      leaves += "  input %x" + n + " : " + type + "\n  input %unread" + n + " : " + type + "\n  state %s" + n + " : " +
                type + "\n";
      std::size_t count = 1;
      for (const std::size_t size : shapes[i]) count *= size;
      const std::string flat = std::to_string(++id);
      rest += "  %" + flat + " = reshape(%x" + n + ") {to = [" + std::to_string(count) +
              "]} : " + type_text(dtype, {count}) + "\n  output flat" + n + " = %" + flat + "\n  output same" + n +
              " = %x" + n + "\n  output before" + n + " = %s" + n + "\n  update %s" + n + " = %x" + n + "\n";
      if (shapes[i].size() >= 2) {
        std::vector<std::size_t> turned = shapes[i];
        std::swap(turned.end()[-1], turned.end()[-2]);
        const std::string once = std::to_string(++id), twice = std::to_string(++id);
        rest += "  %" + once + " = transpose(%x" + n + ") : " + type_text(dtype, turned) + "\n  %" + twice +
                " = transpose(%" + once + ") : " + type + "\n  output turned" + n + " = %" + once + "\n  output back" +
                n + " = %" + twice + "\n";
        wanted.tensors["back" + n] = x;
      }
      given.tensors["x" + n] = x, given.tensors["s" + n] = s, given.tensors["unread" + n] = x;
      wanted.tensors["flat" + n] = {dtype, {count}, x.bytes};
      wanted.tensors["same" + n] = wanted.tensors["s" + n] = x;
      wanted.tensors["before" + n] = s;
    }
    put(example.file, leaves + rest + "}\n");
    write_tensor_file(example.inputs, given);
    std::map<std::string, HostTensor> turned;
    for (const Words& more : {Words{"--reference"}, Words{}, Words{"--passes=remove_unused"}}) {
      const Finished run = vitrine_run(example.words(more));
      INFO(name_of(dtype) << typed(more) << run.err);
      REQUIRE(run.status == 0);
      const TensorFile made = read_tensor_file(example.out);
      for (const auto& [name, tensor] : wanted.tensors) {
        CAPTURE(name);
        CHECK(made.tensors.at(name) == tensor);
      }
      for (const auto& [name, tensor] : made.tensors)
        if (name.starts_with("turned")) CHECK(turned.try_emplace(name, tensor).first->second == tensor);
    }
    CHECK(turned.size() == 7);
  }
  put(example.file, "graph g {\n  input %x : f32[1, 1, 1, 1, 1, 1, 1]\n  output y = %x\n}\n");
  CHECK_THAT(sentence_of(example.words(), 3), Contains("at most 6 axes"));
}

TEST_CASE("exec finds inputs by names with blanks, quotes, slashes and letters of other alphabets, gradients too") {
  const Example example;
  for (const std::string name : {"a b", "a\"b", "a\\b", "\xc3\xbc", "a/b", "..", "-o", "1", "true", "%x", "d w", "{",
                                 "update", "a:b", "tab\tx", "line\nbreak"}) {
    std::string written;
    for (const char c : name)
      written += c == '\n' ? "\\n" : c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    const std::string leaf = "%\"" + written + "\"";
    put(example.file, "graph g {\n  input " + leaf + " : f32[2]\n  %9 = mul(" + leaf + ", " + leaf +
                          ") : f32[2]\n  %10 = sum_to(%9) {to = []} : f32[]\n  output \"" + written +
                          "!\" = %9\n  output loss = %10\n}\n");
    write_tensor_file(example.inputs, {{{name, tensor({2}, {2, 3})}}, {}});
    for (const Words& more : {Words{"--reference"}, Words{"--grad=" + name}}) {
      const Finished run = vitrine_run(example.words(more));
      INFO(name << ": " << run.err);
      REQUIRE(run.status == 0);
      const TensorFile made = read_tensor_file(example.out);
      CHECK(numbers_of(made.tensors.at(name + "!")) == Floats{4, 9});
      if (more[0] != "--reference") CHECK(numbers_of(made.tensors.at("d " + name)) == Floats{4, 6});
    }
  }
}
