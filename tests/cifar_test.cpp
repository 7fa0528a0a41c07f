#include <png.h>

#include <catch2/catch.hpp>

#include "tests/cifar_bytes.hpp"
#include "tests/idx_bytes.hpp"
#include "tests/scratch.hpp"
#include "tools/data/cifar_file.hpp"
#include "tools/data/cifar_png.hpp"
#include "tools/data/idx_file.hpp"
#include "tools/data/image_files.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// The package's picture of `count` records from number `first` on: a row for each, red, green and blue side by side.
void put_picture(const std::filesystem::path& path, int first, int count, std::uint32_t format = PNG_FORMAT_RGB,
                 std::uint32_t width = 1024) {
  png_image picture{};
  picture.version = PNG_IMAGE_VERSION;
  picture.width = width;
  picture.height = static_cast<std::uint32_t>(count);
  picture.format = format;
  std::vector<png_byte> rows;
  for (int i = 0; i < count; ++i) {
    const std::string bytes = record(0, first + i);
    for (std::size_t p = 0; p < width; ++p)
      for (std::size_t c = 0; c < PNG_IMAGE_SAMPLE_CHANNELS(format); ++c)
        rows.push_back(c < 3 ? static_cast<png_byte>(bytes[1 + c * 1024 + p % 1024]) : png_byte{255});
  }
  REQUIRE(png_image_write_to_file(&picture, path.c_str(), 0, rows.data(), 0, nullptr) != 0);
}

/// The unpacked package with two images in each picture.
void put_package(const std::filesystem::path& folder) {
  for (int i = 0; i < 5; ++i) put_picture(folder / ("data_batch_" + std::to_string(i + 1) + ".png"), 2 * i, 2);
  put_picture(folder / "test_batch.png", 10, 2);
  put(folder / "train_lables.json", "[0,1,2,3,4,5,6,7,8,9]");
  put(folder / "test_lables.json", "[0,1]");
}

}  // namespace

TEST_CASE("CIFAR-10's binary files are read in order, as planes") {
  const Scratch scratch;
  put_batches(scratch.folder(), 2);
  const ImageSet train = read_cifar10(scratch.folder(), "data_batch");
  CHECK(train.count == 10);
  CHECK(train.channels == 3);
  CHECK(train.rows == 32);
  CHECK(train.columns == 32);
  CHECK(train.labels == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(train.pixels.size() == 10 * 3072);
  for (std::size_t i = 0; i < 10; ++i)
    for (std::size_t at : {0u, 1u, 1023u, 1024u, 3071u})
      CHECK(train.pixels[i * 3072 + at] == at / 1024 * 80 + (at % 1024 + i) % 77);
  const ImageSet test = read_cifar10(scratch.folder(), "test_batch");
  CHECK(test.labels == std::vector<std::uint8_t>{0, 1});
}

TEST_CASE("CIFAR-10 files that are missing, cut, of another kind or with a label above 9 are refused") {
  struct Case {
    std::string bytes, says;
  };
  const std::vector<Case> cases{
      {"", "it has 0 bytes"},
      {record(1, 0).substr(0, 3072), "it has 3072 bytes"},
      {record(1, 0) + "x", "records of 3073"},
      {"x" + record(1, 0), "it has 3074 bytes"},
      {record(1, 0) + record(10, 0), "image 1 has the label 10 at byte 3073, but there are 10 classes, 0 to 9"},
      {record(255, 0), "image 0 has the label 255"},
  };
  for (const Case& each : cases) {
    const Scratch scratch;
    put_batches(scratch.folder(), 1);
    put(scratch / "data_batch_4.bin", each.bytes);
    CHECK_THAT(input_error_of([&] { read_cifar10(scratch.folder(), "data_batch"); }),
               Contains("data_batch_4.bin\": ") && Contains(each.says));
  }
  const Scratch scratch;
  put_batches(scratch.folder(), 1);
  std::filesystem::resize_file(scratch / "test_batch.bin", std::uintmax_t{3073} * 100'001);  // sparse: costs no disk
  CHECK_THAT(input_error_of([&] { read_cifar10(scratch.folder(), "test_batch"); }), Contains("1 to 100000 records"));
  std::filesystem::remove(scratch / "data_batch_3.bin");
  CHECK_THAT(input_error_of([&] { read_cifar10(scratch.folder(), "data_batch"); }),
             Contains("no data_batch_3.bin in the folder") && Contains("tools/fetch cifar10"));
  std::filesystem::create_directory(scratch / "data_batch_3.bin");
  CHECK_THAT(input_error_of([&] { read_cifar10(scratch.folder(), "data_batch"); }), Contains("data_batch_3.bin"));
}

TEST_CASE("a folder of images is read by what lies in it") {
  const Scratch scratch;
  CHECK_THAT(input_error_of([&] { read_image_files(scratch.folder(), 10); }), Contains("--data FOLDER"));
  put(scratch / "train-images-idx3-ubyte", idx_bytes(8, {2, 1, 2}, "abcd"));
  put(scratch / "train-labels-idx1-ubyte", idx_bytes(8, {2}, std::string("\0\1", 2)));
  put(scratch / "t10k-images-idx3-ubyte", idx_bytes(8, {1, 1, 2}, "ef"));
  put(scratch / "t10k-labels-idx1-ubyte", idx_bytes(8, {1}, "\2"));
  const ImageFiles grey = read_image_files(scratch.folder(), 3);
  CHECK(grey.name == "images");
  CHECK(grey.train.count == 2);
  CHECK(grey.test.count == 1);
  CHECK(grey.class_names == std::vector<std::string>{"0", "1", "2"});
  CHECK_THAT(input_error_of([&] { read_image_files(scratch.folder(), 2); }), Contains("label 2 for image 0"));
  put(scratch / "t10k-images-idx3-ubyte", idx_bytes(8, {1, 2, 1}, "ef"));
  CHECK_THAT(input_error_of([&] { read_image_files(scratch.folder(), 3); }),
             Contains("training images are 1 x 2, but test images 2 x 1"));

  put_batches(scratch.folder(), 2);
  const ImageFiles colour = read_image_files(scratch.folder(), 10);
  CHECK(colour.name == "CIFAR-10");
  CHECK(colour.train.count == 10);
  CHECK(colour.test.count == 2);
  CHECK(colour.class_names[9] == "truck");
  CHECK_THAT(input_error_of([&] { read_image_files(scratch.folder(), 7); }),
             Contains("training image 7 has the label 7, but the model has 7 classes"));
  std::filesystem::remove(scratch / "test_batch.bin");
  CHECK_THAT(input_error_of([&] { read_image_files(scratch.folder(), 10); }), Contains("no test_batch.bin"));
}

TEST_CASE("Fashion-MNIST is known by its labels") {
  const ImageFiles clothes = read_image_files(fashion_mnist_folder, 10);
  CHECK(clothes.name == "Fashion-MNIST");
  CHECK(clothes.class_names[1] == "trouser");
}

TEST_CASE("the package's pictures and labels become the binary files, byte for byte") {
  const Scratch scratch, wanted;
  put_package(scratch.folder());
  convert_cifar10(scratch.folder(), scratch / "new/folder");
  put_batches(wanted.folder(), 2);
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(wanted.folder())) {
    CHECK(content_of(scratch / "new/folder" / file.path().filename().string()) == content_of(file.path()));
    ++files;
  }
  CHECK(files == 6);
}

TEST_CASE("a picture cut or changed anywhere is refused, or gives the same bytes") {
  const Scratch scratch;
  put_package(scratch.folder());
  convert_cifar10(scratch.folder(), scratch / "sound");
  const std::string wanted = content_of(scratch / "sound/test_batch.bin");
  const std::string picture = content_of(scratch / "test_batch.png");
  int refused = 0, same = 0;
  const auto check = [&](const std::string& bytes) {
    put(scratch / "test_batch.png", bytes);
    if (input_error_of([&] { convert_cifar10(scratch.folder(), scratch / "to"); }) != "no error") return ++refused;
    if (content_of(scratch / "to/test_batch.bin") == wanted) return ++same;
    return 0;
  };
  for (std::size_t at = 0; at < picture.size(); ++at) {
    CAPTURE(at);
    std::string changed = picture;
    changed[at] ^= static_cast<char>(1 << at % 8);
    CHECK(check(changed) > 0);
    CHECK(check(picture.substr(0, at)) > 0);
  }
  CHECK(refused > same);
}

TEST_CASE("a package that is not what it was is refused, and nothing is written") {
  struct Case {
    std::string file, bytes, says;
  };
  const Scratch sound;
  put_package(sound.folder());
  const std::string picture = content_of(sound / "data_batch_2.png");
  std::string flipped = picture;
  flipped[flipped.size() / 2] ^= 1;
  const std::vector<Case> cases{
      {"train_lables.json", "[0,1,2", "not a list of labels"},
      {"train_lables.json", "{}", "not a list of labels"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,10]", "label 9 is 10, but there are 10 classes"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,-1]", "label 9 is -1"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,1.0]", "label 9 is 1.0"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,[9]]", "label 9 is of the type array"},
      {"train_lables.json", "[0,\"a\\u001b[31m\"]", "label 1 is of the type string"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,NaN]", "not a list of labels"},
      {"train_lables.json", "[Infinity,1,2,3,4,5,6,7,8,9]", "not a list of labels"},
      {"train_lables.json", "[-Infinity]", "not a list of labels"},
      {"train_lables.json", "[1e999]", "not a list of labels"},
      {"train_lables.json", std::string(1'000'000, '[') + std::string(1'000'000, ']'), "nest deeper than 64"},
      {"train_lables.json", std::string(1'000'000, '['), "nest deeper than 64"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8,9,0]", "it has 11 labels for 10 images"},
      {"train_lables.json", "[0,1,2,3,4,5,6,7,8]", "at most 1 rows"},
      {"data_batch_2.png", "no picture", "not a sound PNG file"},
      {"data_batch_2.png", "", "not a sound PNG file"},
      {"data_batch_2.png", picture.substr(0, picture.size() / 2), "not a sound PNG file"},
      {"data_batch_2.png", flipped, "not a sound PNG file"},
  };
  for (const Case& each : cases) {
    const Scratch scratch;
    put_package(scratch.folder());
    put(scratch / each.file, each.bytes);
    CAPTURE(each.file, each.says);
    CHECK_THAT(input_error_of([&] { convert_cifar10(scratch.folder(), scratch / "to"); }),
               Contains(each.file.ends_with("png") ? each.file : "") && Contains(each.says));
    CHECK_FALSE(std::filesystem::exists(scratch / "to"));
  }
  const Scratch scratch;
  put_package(scratch.folder());
  put_picture(scratch / "test_batch.png", 10, 2, PNG_FORMAT_RGBA);
  CHECK_THAT(input_error_of([&] { convert_cifar10(scratch.folder(), scratch / "to"); }), Contains("8-bit RGB"));
  put_picture(scratch / "test_batch.png", 10, 2, PNG_FORMAT_RGB, 512);
  CHECK_THAT(input_error_of([&] { convert_cifar10(scratch.folder(), scratch / "to"); }), Contains("it is 512 x 2"));
  std::filesystem::remove(scratch / "test_batch.png");
  CHECK_THAT(input_error_of([&] { convert_cifar10(scratch.folder(), scratch / "to"); }), Contains("test_batch.png"));
  CHECK_FALSE(std::filesystem::exists(scratch / "to"));
}
