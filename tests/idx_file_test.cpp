#include "tools/data/idx_file.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "tests/idx_bytes.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::string verdict(const std::string& name, const std::string& bytes) {
  const Scratch scratch;
  put(scratch / name, bytes);
  return input_error_of([&] { read_idx(scratch / name); });
}

/// Two images of 2 x 3 with their labels, as files of a set.
void put_set(const Scratch& scratch, const std::string& images, const std::string& labels) {
  put(scratch / "train-images-idx3-ubyte", images);
  put(scratch / "train-labels-idx1-ubyte", labels);
}

std::string images_error(const std::string& images, const std::string& labels) {
  const Scratch scratch;
  put_set(scratch, images, labels);
  return input_error_of([&] { read_images(scratch.folder(), "train", 10); });
}

const std::string two_images = idx_bytes(8, {2, 2, 3}, "abcdefghijkl");

}  // namespace

TEST_CASE("an IDX file is read the same plain and compressed") {
  const Scratch scratch;
  const std::string bytes = idx_bytes(8, {2, 3}, std::string("\0\1\2\xfd\xfe\xff", 6));
  put(scratch / "plain", bytes);
  put(scratch / "packed.gz", gzip_bytes(bytes));
  for (const auto& path : {scratch / "plain", scratch / "packed.gz"}) {
    const IdxFile file = read_idx(path);
    CHECK(file.sizes == std::vector<std::size_t>{2, 3});
    CHECK(file.bytes == std::vector<std::uint8_t>{0, 1, 2, 253, 254, 255});
  }
}

TEST_CASE("a compressed file larger than any buffer, and one that compresses a thousandfold, are read whole") {
  const Scratch scratch;
  std::string noise(3'000'000, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  put(scratch / "noise.gz", gzip_bytes(idx_bytes(8, {3'000'000}, noise)));
  put(scratch / "zeros.gz", gzip_bytes(idx_bytes(8, {3'000'000}, std::string(3'000'000, '\0'))));
  const IdxFile read = read_idx(scratch / "noise.gz");
  CHECK(std::equal(read.bytes.begin(), read.bytes.end(), noise.begin(), noise.end(),
                   [](std::uint8_t a, char b) { return static_cast<char>(a) == b; }));
  CHECK(read_idx(scratch / "zeros.gz").bytes == std::vector<std::uint8_t>(3'000'000, 0));
}

TEST_CASE("a file with a size of zero holds nothing and is valid") {
  const Scratch scratch;
  put(scratch / "none", idx_bytes(8, {0, 28, 28}, ""));
  put(scratch / "none.gz", gzip_bytes(idx_bytes(8, {0, 28, 28}, "")));
  CHECK(read_idx(scratch / "none").bytes.empty());
  CHECK(read_idx(scratch / "none.gz").sizes == std::vector<std::size_t>{0, 28, 28});
}

TEST_CASE("hostile IDX files are refused with a sentence that says why") {
  const std::string sound = idx_bytes(8, {4}, "abcd"), packed = gzip_bytes(sound);
  std::string bad_sum = packed, bad_block = packed;
  bad_sum[bad_sum.size() - 8] ^= 1;
  bad_block[10] = '\xff';  // the first byte behind gzip's header
  struct Hostile {
    std::string what, name, bytes, says;
  };
  const std::vector<Hostile> files{
      {"empty", "f", "", "should have 4 bytes, but 0 are there"},
      {"two bytes", "f", std::string("\0\0", 2), "but 2 are there"},
      {"another kind of file", "f", "%PDF-1.4 and more", "begins with 25 50 44 46"},
      {"signed bytes", "f", idx_bytes(9, {4}, "abcd"), "IDX type 0x09"},
      {"floats", "f", idx_bytes(13, {1}, "abcd"), "IDX type 0x0d"},
      {"no type", "f", idx_bytes(0, {4}, "abcd"), "IDX type 0x00"},
      {"no axes", "f", idx_bytes(8, {}, ""), "0 axes"},
      {"nine axes", "f", idx_bytes(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, "a"), "9 axes"},
      {"cut within the sizes", "f", idx_bytes(8, {4, 4}, "").substr(0, 9), "list of sizes should have 8 bytes, but 5"},
      {"product wraps to zero", "f", idx_bytes(8, {1u << 31, 1u << 31, 4}, ""),
       "announces 2147483648 x 2147483648 x 4"},
      {"four gigabytes in a small file", "f", idx_bytes(8, {~0u}, "abcd"), "announces 4294967295 elements"},
      {"one byte short", "f", idx_bytes(8, {4}, "abc"), "announces 4 elements, more than"},
      {"one byte too many", "f", sound + "e", "more than the 4 elements"},
      {"compressed: empty", "f.gz", "", "not compressed with gzip"},
      {"compressed: only the magic number", "f.gz", "\x1f\x8b", "stops in the middle, at byte 2"},
      {"compressed: cut", "f.gz", packed.substr(0, packed.size() / 2), "stops in the middle"},
      {"compressed: cut within the checksum", "f.gz", packed.substr(0, packed.size() - 1), "stops in the middle"},
      {"compressed: wrong checksum", "f.gz", bad_sum, "not a sound gzip file (incorrect data check"},
      {"compressed: bad block", "f.gz", bad_block, "not a sound gzip file (invalid block type"},
      {"compressed: something appended", "f.gz", packed + "x", "1 bytes follow the end"},
      {"compressed: a second stream", "f.gz", packed + packed, "bytes follow the end"},
      {"compressed: less than announced", "f.gz", gzip_bytes(idx_bytes(8, {5}, "abcd")),
       "data should have 5 bytes, but 4"},
      {"compressed: more than announced", "f.gz", gzip_bytes(idx_bytes(8, {3}, "abcd")), "more than the 3 elements"},
      {"compressed: a bomb", "f.gz", gzip_bytes(idx_bytes(8, {3}, std::string(5'000'000, '\0'))),
       "more than the 3 elements"},
      {"compressed: announces a terabyte", "f.gz", gzip_bytes(idx_bytes(8, {1 << 20, 1 << 20}, "abcd")),
       "more than a file of this size can hold"},
      {"mislabelled as compressed", "f.gz", sound, "content is not compressed"},
      {"mislabelled as plain", "f", packed, "content is compressed"},
  };
  for (const Hostile& file : files) {
    INFO(file.what);
    CHECK_THAT(verdict(file.name, file.bytes), Contains("/" + file.name + "\": ") && Contains(file.says));
  }
}

TEST_CASE("every truncation of a compressed file is refused") {
  const std::string packed = gzip_bytes(two_images);
  const Scratch scratch;
  put(scratch / "f.gz", packed);
  for (std::size_t length = packed.size(); length-- > 0;) {
    std::filesystem::resize_file(scratch / "f.gz", length);
    CHECK(input_error_of([&] { read_idx(scratch / "f.gz"); }) != "no error");
  }
}

TEST_CASE("an image set is its images and labels, wherever one of them is compressed") {
  const Scratch scratch;
  put(scratch / "t10k-images-idx3-ubyte", two_images);
  put(scratch / "t10k-labels-idx1-ubyte.gz", gzip_bytes(idx_bytes(8, {2}, std::string("\x09\x00", 2))));
  const ImageSet set = read_images(scratch.folder(), "t10k", 10);
  CHECK(set.count == 2);
  CHECK(set.rows == 2);
  CHECK(set.columns == 3);
  CHECK(set.pixels.size() == 12);
  CHECK(set.pixels.back() == 'l');
  CHECK(set.labels == std::vector<std::uint8_t>{9, 0});
}

TEST_CASE("a missing image set says what to install and how to name another folder") {
  const Scratch scratch;
  const auto message = [&](const std::filesystem::path& folder) {
    return input_error_of([&] { read_images(folder, "train", 10); });
  };
  CHECK_THAT(message(scratch / "nowhere"), Contains("nowhere\"") && Contains("package dataset-fashion-mnist") &&
                                               Contains("--data FOLDER") && Contains("train-images-idx3-ubyte.gz"));
  put(scratch / "train-images-idx3-ubyte", two_images);
  CHECK_THAT(message(scratch.folder()), Contains("no train-labels-idx1-ubyte or"));
}

TEST_CASE("an image set whose files do not belong together is refused") {
  const std::string labels = idx_bytes(8, {2}, std::string("\x01\x02", 2));
  CHECK(images_error(two_images, labels) == "no error");
  CHECK_THAT(images_error(labels, labels), Contains("has the sizes 2, but images have three"));
  CHECK_THAT(images_error(idx_bytes(8, {0, 2, 3}, ""), idx_bytes(8, {0}, "")), Contains("none of them zero"));
  CHECK_THAT(images_error(two_images, two_images), Contains("has the sizes 2 x 2 x 3, but there are 2 images"));
  CHECK_THAT(images_error(two_images, idx_bytes(8, {3}, std::string(3, '\1'))),
             Contains("sizes 3, but there are 2 images"));
  CHECK_THAT(images_error(two_images, idx_bytes(8, {2}, std::string("\x01\x0a", 2))),
             Contains("label 10 for image 1") && Contains("10 classes, 0 to 9"));
}

TEST_CASE("Fashion-MNIST is 60,000 and 10,000 images of ten classes, equally many of each") {
  for (const auto& [prefix, count] : {std::pair("train", 60'000u), std::pair("t10k", 10'000u)}) {
    const ImageSet set = read_images(fashion_mnist_folder, prefix, 10);
    CHECK(set.count == count);
    CHECK(set.rows == 28);
    CHECK(set.columns == 28);
    CHECK(set.pixels.size() == std::size_t{count} * 784);
    std::array<unsigned, 10> of_class{};
    for (const std::uint8_t label : set.labels) ++of_class[label];
    for (const unsigned found : of_class) CHECK(found == count / 10);
  }
}
