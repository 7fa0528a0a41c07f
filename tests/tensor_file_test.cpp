#include "runtime/tensor_file.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "runtime/tensor_header.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

std::string length_prefix(std::uint64_t length) {
  const auto bytes = std::bit_cast<std::array<char, 8>>(length);
  return {bytes.data(), bytes.size()};
}

/// A file by hand: whatever header, whatever data.
std::string raw(const std::string& header, const std::string& data = "") {
  return length_prefix(header.size()) + header + data;
}

std::string four_bytes() { return std::string(4, '\0'); }

HostTensor tensor_of(DType dtype, std::vector<std::size_t> sizes, unsigned seed) {
  HostTensor tensor{dtype, sizes, {}};
  std::size_t bytes = size_of(dtype);
  for (const std::size_t size : sizes) bytes *= size;
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < bytes; ++i) {
    tensor.bytes.push_back(static_cast<std::byte>(dtype == DType::boolean ? random() & 1 : random() & 255));
  }
  return tensor;
}

TensorFile small_file() {
  TensorFile file;
  file.tensors["weight"] = tensor_of(DType::f32, {2, 3}, 1);
  file.tensors["bias"] = tensor_of(DType::bf16, {3}, 2);
  file.metadata["step"] = "7";
  return file;
}

/// What the reader says about these bytes, and he who maps them too.
std::string verdict(const std::string& bytes) {
  const Scratch scratch;
  put(scratch / "f.safetensors", bytes);
  const std::string said = input_error_of([&] { read_tensor_file(scratch / "f.safetensors"); });
  Pool pool(2);
  CHECK(input_error_of([&] { map_tensor_file(scratch / "f.safetensors", pool); }) == said);
  return said;
}

/// A mapped file as one that was read.
TensorFile copy_of(const MappedTensorFile& mapped) {
  TensorFile file{{}, mapped.metadata};
  for (const auto& [name, tensor] : mapped.tensors)
    file.tensors[name] = {tensor.dtype, tensor.sizes, {tensor.bytes.begin(), tensor.bytes.end()}};
  return file;
}

constexpr auto one_f32 = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";

}  // namespace

TEST_CASE("tensors of every type, rank and size come back as they were written") {
  const Scratch scratch;
  TensorFile file = small_file();
  file.tensors["i"] = tensor_of(DType::i32, {1, 1, 2, 1, 1, 1, 1, 3}, 3);
  file.tensors["signed"] = tensor_of(DType::i8, {5}, 4);
  file.tensors["unsigned"] = tensor_of(DType::u8, {7}, 5);
  file.tensors["mask"] = tensor_of(DType::boolean, {3, 3}, 6);
  file.tensors["scalar"] = tensor_of(DType::f32, {}, 7);
  file.tensors["empty"] = tensor_of(DType::f32, {0, std::size_t{1} << 63}, 8);
  file.tensors["größe \"\\\n"] = tensor_of(DType::u8, {1}, 9);
  file.metadata["certificate"] = "{\"metric\": 0.5}\n\"quoted\"";
  write_tensor_file(scratch / "f", file);
  CHECK(read_tensor_file(scratch / "f") == file);
  Pool pool(2);
  CHECK(copy_of(map_tensor_file(scratch / "f", pool)) == file);
}

TEST_CASE("a mapped file stays as it was when another takes its place, and what is written to it stays in memory") {
  const Scratch scratch;
  const TensorFile file = small_file();
  write_tensor_file(scratch / "f", file);
  Pool pool(1);
  const MappedTensorFile mapped = map_tensor_file(scratch / "f", pool);
  write_tensor_file(scratch / "f", {});
  CHECK(copy_of(mapped) == file);
  write_tensor_file(scratch / "f", file);
  const MappedTensorFile again = map_tensor_file(scratch / "f", pool);
  again.tensors.at("weight").bytes[3] ^= std::byte{1};
  CHECK_FALSE(copy_of(again) == file);
  CHECK(read_tensor_file(scratch / "f") == file);
}

TEST_CASE("any damaged byte of any tensor is found in a mapped file") {
  const Scratch scratch;
  TensorFile file = small_file();
  for (int i = 0; i < 6; ++i) file.tensors["more" + std::to_string(i)] = tensor_of(DType::f32, {16}, 10);
  write_tensor_file(scratch / "f", file);
  const std::string sound = content_of(scratch / "f");
  Pool pool(2);
  for (std::size_t at = 8; at < sound.size(); at += 7) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    put(scratch / "g", bytes);
    CAPTURE(at);
    CHECK(input_error_of([&] { map_tensor_file(scratch / "g", pool); }) != "no error");
  }
}

TEST_CASE("an empty file of tensors and one without metadata are valid") {
  const Scratch scratch;
  write_tensor_file(scratch / "f", {});
  CHECK(read_tensor_file(scratch / "f") == TensorFile{});
  CHECK(verdict(raw("{}")) == "no error");
  CHECK(verdict(raw("{}   ")) == "no error");
  CHECK(verdict(raw(R"({"w":{)" + std::string(one_f32) + "}}", four_bytes())) == "no error");
}

TEST_CASE("reading and writing again gives the same bytes, and data begins at a multiple of 64") {
  const Scratch scratch;
  write_tensor_file(scratch / "a", small_file());
  write_tensor_file(scratch / "b", read_tensor_file(scratch / "a"));
  const std::string bytes = content_of(scratch / "a");
  CHECK(bytes == content_of(scratch / "b"));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK((8 + length) % 64 == 0);
  CHECK(bytes.substr(8, 17) == R"({"__metadata__":{)");
}

TEST_CASE("a tensor at an odd address in the file is read right") {  // S14
  const Scratch scratch;
  put(scratch / "f", raw(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                         R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
                         std::string("\x07\x00\x00\x80\x3f", 5)));
  const HostTensor b = read_tensor_file(scratch / "f").tensors.at("b");
  float value = 0;
  std::memcpy(&value, b.bytes.data(), 4);
  CHECK(value == 1.0f);
}

TEST_CASE("NaN and infinity are values like any other") {  // S17
  const Scratch scratch;
  TensorFile file;
  file.tensors["x"] = {DType::f32, {2}, {}};
  for (const unsigned byte : {0x00u, 0x00u, 0xc0u, 0x7fu, 0x00u, 0x00u, 0x80u, 0xffu})
    file.tensors["x"].bytes.push_back(static_cast<std::byte>(byte));
  write_tensor_file(scratch / "f", file);
  CHECK(read_tensor_file(scratch / "f") == file);
}

TEST_CASE("hostile safetensors files are refused with a sentence that says why") {
  const auto tensor = [](const std::string& fields) { return raw("{\"w\":{" + fields + "}}", four_bytes()); };
  const std::string good = one_f32;
  struct Hostile {
    std::string what, bytes, says;
  };
  const std::vector<Hostile> files{
      {"S1 empty", "", "at least 8"},
      {"S1 seven bytes", "1234567", "it has 7 bytes"},
      {"S2 header longer than the file", length_prefix(100) + "{}", "announces a header of 100 bytes"},
      {"S2 header longer by one byte", length_prefix(3) + "{}", "announces a header of 3 bytes, but has 2"},
      {"S2 header of 2^64 - 1 bytes", length_prefix(~0ull) + "{}", "announces a header of 18446744073709551615"},
      {"S3 begins with a space", raw(" {}"), "not one JSON object"},
      {"S3 begins with a byte order mark", raw("\xef\xbb\xbf{}"), "not one JSON object"},
      {"S3 padded with line breaks", raw("{}\n\n"), "not one JSON object"},
      {"S3 padded with zero bytes", raw(std::string("{}\0\0", 4)), "not one JSON object"},
      {"S3 a zero byte hides a second object", raw(std::string("{}\0{}", 5)), "not one JSON object"},
      {"S3 empty header", raw(""), "not one JSON object"},
      {"S3 a list", raw("[]"), "not one JSON object"},
      {"S3 two objects", raw("{}{}"), "not valid JSON"},
      {"S3 cut in the middle", raw(R"({"__metadata__":{})"), "not valid JSON"},
      {"S3 a comment", raw("{/**/}"), "not valid JSON"},
      {"S4 not UTF-8", raw("{\"__metadata__\":{\"a\":\"\xff\"}}"), "not valid JSON in UTF-8"},
      {"S4 overlong UTF-8", raw("{\"__metadata__\":{\"a\":\"\xc0\xaf\"}}"), "not valid JSON in UTF-8"},
      {"S4 a lone surrogate", raw(R"({"__metadata__":{"a":"\ud800"}})"), "not valid JSON in UTF-8"},
      {"S5 one tensor twice", raw("{\"w\":{" + good + "},\"w\":{" + good + "}}", four_bytes()), "key \"w\" twice"},
      {"S5 one name spelled in two ways", raw("{\"w\":{" + good + "},\"\\u0077\":{" + good + "}}", four_bytes()),
       "key \"w\" twice"},
      {"S5 metadata twice", raw(R"({"__metadata__":{},"__metadata__":{}})"), "key \"__metadata__\" twice"},
      {"S5 one metadata key twice", raw(R"({"__metadata__":{"a":"1","a":"2"}})"), "key \"a\" twice"},
      {"S5 dtype twice", tensor(good + R"(,"dtype":"F32")"), "key \"dtype\" twice"},
      {"S5 shape twice", tensor(good + R"(,"shape":[1])"), "key \"shape\" twice"},
      {"S5 offsets twice", tensor(good + R"(,"data_offsets":[0,4])"), "key \"data_offsets\" twice"},
      {"S6 metadata with a number", raw(R"({"__metadata__":{"a":1}})"), "a number at key \"a\""},
      {"S6 metadata with an object", raw(R"({"__metadata__":{"a":{}}})"), "an object at key \"a\""},
      {"S6 metadata is null", raw(R"({"__metadata__":null})"), "null at key \"__metadata__\""},
      {"S6 metadata is a string", raw(R"({"__metadata__":"a"})"), "a string at key"},
      {"S7 unknown type", tensor(R"("dtype":"F64","shape":[1],"data_offsets":[0,4])"),
       "tensor \"w\" has the type \"F64\""},
      {"S7 half precision", tensor(R"("dtype":"F16","shape":[2],"data_offsets":[0,4])"), "has the type \"F16\""},
      {"S7 64-bit integers", tensor(R"("dtype":"I64","shape":[0],"data_offsets":[0,0])"), "has the type \"I64\""},
      {"S7 type in small letters", tensor(R"("dtype":"f32","shape":[1],"data_offsets":[0,4])"), "the type \"f32\""},
      {"S7 type is a number", tensor(R"("dtype":32,"shape":[1],"data_offsets":[0,4])"), "a number at key \"dtype\""},
      {"S7 no type", tensor(R"("shape":[1],"data_offsets":[0,4])"), "lacks its dtype"},
      {"S7 no shape", tensor(R"("dtype":"F32","data_offsets":[0,4])"), "lacks its dtype, its shape"},
      {"S7 no offsets", tensor(R"("dtype":"F32","shape":[1])"), "lacks its dtype, its shape or its two"},
      {"S7 another key", tensor(good + R"(,"strides":[1])"), "unknown key \"strides\""},
      {"S7 tensor is a list", raw(R"({"w":[]})"), "a list at key \"w\""},
      {"S7 tensor is a truth value", raw(R"({"w":true})"), "a truth value at key \"w\""},
      {"S8 size with an exponent", tensor(R"("dtype":"F32","shape":[1e0],"data_offsets":[0,4])"), "the number \"1e0\""},
      {"S8 size with a point", tensor(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), "the number \"1.0\""},
      {"S8 negative size", tensor(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "a negative number"},
      {"S8 minus zero", tensor(R"("dtype":"F32","shape":[-0],"data_offsets":[0,4])"), "a negative number"},
      {"S8 size of 2^64", tensor(R"("dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4])"),
       "the number \"18446744073709551616\""},
      {"S8 nine axes", tensor(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"), "more than 8 axes"},
      {"S8 shape within a shape", tensor(R"("dtype":"F32","shape":[[1]],"data_offsets":[0,4])"), "a list at key"},
      {"S8 deep nesting", tensor("\"shape\":" + std::string(100'000, '[')), "a list at key \"shape\""},
      {"S9 product wraps to zero", raw(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
       "more than 2^64 bytes"},
      {"S9 the element size makes it wrap",
       raw(R"({"w":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}})"), "more than 2^64 bytes"},
      {"S10 ends before it begins", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"),
       "bytes [4, 0) of 4 bytes"},
      {"S10 ends behind the file", tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"),
       "bytes [0, 8) of 4 bytes"},
      {"S10 a petabyte", tensor(R"("dtype":"U8","shape":[1125899906842624],"data_offsets":[0,1125899906842624])"),
       "1125899906842624) of 4 bytes"},
      {"S10 range too small for the shape", tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
       "need 8 bytes"},
      {"S10 one offset", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0])"), "two data_offsets"},
      {"S10 three offsets", tensor(R"("dtype":"F32","shape":[1],"data_offsets":[0,4,4])"), "a third offset"},
      {"S11 a hole at the start", tensor(R"("dtype":"U8","shape":[3],"data_offsets":[1,4])"), "begins at byte 1"},
      {"S11 trailing bytes", tensor(R"("dtype":"U8","shape":[3],"data_offsets":[0,3])"), "end at byte 3 of the data"},
      {"S11 trailing bytes without tensors", raw("{}", "x"), "end at byte 0 of the data"},
      {"S11 overlap",
       raw(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
           R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
           four_bytes()),
       "tensor \"b\" begins at byte 2"},
      {"S12 a name with a zero byte", raw("{\"a\\u0000b\":{" + good + "}}", four_bytes()), "\"a\\x00b\" is longer"},
      {"S12 a name of 513 bytes", raw("{\"" + std::string(513, 'n') + "\":{" + good + "}}", four_bytes()),
       "longer than 512 bytes"},
      {"S16 a truth value of 2", raw(R"({"w":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}})", {"\0\1\2\0", 4}),
       "holds the byte 2 at element 2"},
      {"S16 checksums of tensors alone",
       raw("{\"__metadata__\":{\"xxh3:w\":\"00\"},\"w\":{" + good + "}}", four_bytes()), "metadata have none"},
      {"S16 a checksum for one of two tensors",
       raw(R"({"__metadata__":{"xxh3:a":"00"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
           R"("b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
           four_bytes()),
       "only 1 of 2 tensors have a checksum"},
      {"S16 a checksum of nothing", raw("{\"__metadata__\":{\"xxh3:v\":\"00\"},\"w\":{" + good + "}}", four_bytes()),
       "for a tensor that is not there"},
  };
  for (const Hostile& file : files) {
    INFO(file.what);
    const std::string message = verdict(file.bytes);
    CHECK_THAT(message, Contains("f.safetensors\": ") && Contains(file.says));
    CHECK(message.find_first_of(std::string("\n\0", 2)) == std::string::npos);
  }
}

TEST_CASE("a header beyond the format's limit is refused before it is read") {  // S2, in a file that is large enough
  const Scratch scratch;
  put(scratch / "f", length_prefix(100'000'001) + "{");
  fs::resize_file(scratch / "f", 200'000'000);  // a hole: it takes no disk
  CHECK_THAT(input_error_of([&] { read_tensor_file(scratch / "f"); }), Contains("at most 100000000"));
}

TEST_CASE("a hundred thousand tensors are read, one more than 2^17 is refused") {  // S13
  const auto header_of = [](std::size_t count) {
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i)
      header.append(i == 0 ? "\"" : ",\"").append(std::to_string(i)) +=
          R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    return header + "}";
  };
  const Scratch scratch;
  put(scratch / "many", raw(header_of(100'000)));
  CHECK(read_tensor_file(scratch / "many").tensors.size() == 100'000);
  const std::string bomb = header_of((std::size_t{1} << 17) + 1);
  CHECK_THAT(input_error_of([&] { parse_header(bomb, 0, "bomb"); }), Contains("more than 131072 tensors"));
}

TEST_CASE("what could not be read back is not written, and the old file stays") {
  const Scratch scratch;
  put(scratch / "f", "old");
  const auto attempt = [&](const std::string& name, const HostTensor& tensor) {
    return input_error_of([&] { write_tensor_file(scratch / "f", {{{name, tensor}}, {}}); });
  };
  const HostTensor scalar = tensor_of(DType::u8, {}, 1);
  CHECK_THAT(attempt("__metadata__", scalar), Contains("name that is taken"));
  CHECK_THAT(attempt("\xff", scalar), Contains("not UTF-8"));
  CHECK_THAT(attempt(std::string(513, 'n'), scalar), Contains("longer than 512"));
  CHECK_THAT(attempt("w", tensor_of(DType::u8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, 1)), Contains("too many axes"));
  CHECK_THAT(attempt("w", {DType::boolean, {}, {std::byte{2}}}), Contains("only 0 and 1"));
  CHECK_THROWS_AS(attempt("w", {DType::f32, {2}, std::vector<std::byte>(4)}), InternalError);
  CHECK(content_of(scratch / "f") == "old");
}
