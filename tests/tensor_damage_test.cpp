// A safetensors file that was sound once: any bit, byte or tail that the disk lost is noticed.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "runtime/input_file.hpp"
#include "runtime/tensor_file.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

TensorFile small_file() {
  TensorFile file;
  file.tensors["weight"] = {DType::f32, {2, 3}, std::vector<std::byte>(24, std::byte{7})};
  file.tensors["bias"] = {DType::bf16, {3}, std::vector<std::byte>(6, std::byte{9})};
  file.metadata["step"] = "7";
  return file;
}

/// What the reader says about these bytes.
std::string verdict(const std::string& bytes) {
  const Scratch scratch;
  put(scratch / "f.safetensors", bytes);
  return input_error_of([&] { read_tensor_file(scratch / "f.safetensors"); });
}

}  // namespace

TEST_CASE("every flipped bit, every truncation, every byte too many or too few is refused") {  // S16
  const Scratch scratch;
  const TensorFile file = small_file();
  write_tensor_file(scratch / "sound", file);
  const std::string sound = content_of(scratch / "sound");
  const fs::path path = scratch / "damaged";
  put(path, sound);
  std::fstream in_place(path, std::ios::binary | std::ios::in | std::ios::out);  // a new file each time would be slow
  const auto overwrite = [&](std::size_t position, std::string_view bytes) {
    in_place.seekp(static_cast<std::streamoff>(position));
    in_place.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
  };
  const auto refused = [&] { return input_error_of([&] { read_tensor_file(path); }) != "no error"; };
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    const char flipped = static_cast<char>(sound[bit / 8] ^ (1 << bit % 8));
    overwrite(bit / 8, {&flipped, 1});
    INFO("bit " << bit);
    CHECK(refused());
    overwrite(bit / 8, {&sound[bit / 8], 1});
  }
  CHECK(read_tensor_file(path) == file);
  for (std::size_t at = 0; at < sound.size(); ++at) {
    INFO("byte " << at);
    overwrite(at, sound.substr(at + 1));
    fs::resize_file(path, sound.size() - 1);
    CHECK(refused());
    overwrite(at, "x" + sound.substr(at));
    CHECK(refused());
    fs::resize_file(path, sound.size());
    overwrite(at, sound.substr(at));
  }
  CHECK(read_tensor_file(path) == file);
  for (std::size_t length = sound.size(); length-- > 0;) {
    fs::resize_file(path, length);
    CHECK(refused());
  }
}

TEST_CASE("a flipped bit in a tensor's bytes is told with the tensor's name") {
  const Scratch scratch;
  write_tensor_file(scratch / "f", small_file());
  std::string bytes = content_of(scratch / "f");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  CHECK_THAT(verdict(bytes), Contains("tensor \"bias\" does not match its checksum"));
}

TEST_CASE("damaged metadata is noticed") {
  const Scratch scratch;
  write_tensor_file(scratch / "f", small_file());
  std::string bytes = content_of(scratch / "f");
  bytes[bytes.find("\"step\":\"7\"") + 8] = '8';
  CHECK_THAT(verdict(bytes), Contains("metadata do not match their checksum"));
}

TEST_CASE("what is no regular file is refused, and a pipe without a writer does not make us wait") {
  const Scratch scratch;
  const auto said = [&](const fs::path& path) { return input_error_of([&] { read_tensor_file(path); }); };
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(said(scratch / "pipe"), Contains("a device or a pipe"));
  CHECK_THAT(said(scratch.folder()), Contains("it is a folder"));
  CHECK_THAT(said("/dev/null"), Contains("a device or a pipe"));
  CHECK_THAT(said(scratch / "missing"), Contains("No such file") && Contains("check the path"));
}

TEST_CASE("a file that grows while it is read is read as it was when opened") {
  const Scratch scratch;
  put(scratch / "file", "0123456789");
  const InputFile file(scratch / "file");
  put(scratch / "file", "0123456789 and more");
  std::string seen(file.size(), ' ');
  file.read(0, std::as_writable_bytes(std::span(seen)));
  CHECK(seen == "0123456789");
}
