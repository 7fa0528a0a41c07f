#include "tools/text/dictionary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "runtime/in_quotes.hpp"
#include "tools/data/byte_source.hpp"
#include "tools/data/text_data.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

struct Entry {
  std::uint64_t offset = 0, length = 0;
  std::size_t line = 0;  // of the index, from 1
};

[[noreturn]] void refuse(const std::string& index, std::size_t line, std::string_view what) {
  throw InputError(fmt::format("{}: line {}: {}; use another copy", index, line, what));
}

/// A number in base 64. Ten digits are enough for any file, and fit 64 bits.
std::uint64_t number_of(std::string_view digits, std::string_view what, const std::string& index, std::size_t line) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint64_t number = 0;
  const bool is_number = !digits.empty() && digits.size() <= 10 && digits.find_first_not_of(alphabet) == digits.npos;
  if (!is_number) refuse(index, line, fmt::format("the {} is {}, not a number in base 64", what, in_quotes(digits)));
  for (const char digit : digits) number = number << 6 | alphabet.find(digit);
  return number;
}

bool is_about_the_dictionary(std::string_view headword) {
  return headword.starts_with("00-database") || headword.starts_with("00database");
}

/// What every line says, in the order of the offsets, what several headwords share once.
std::vector<Entry> read_index(std::string_view text, const std::string& name) {
  std::vector<Entry> entries;
  std::size_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view row = text.substr(at, end - at);
    at = end + 1;
    const std::size_t first = row.find('\t'), second = first == row.npos ? first : row.find('\t', first + 1);
    if (second == row.npos)
      refuse(name, line, fmt::format("{} is not a headword, an offset and a length with tabs between", in_quotes(row)));
    const std::size_t third = std::min(row.find('\t', second + 1), row.size());  // what may follow is the headword anew
    const Entry entry{number_of(row.substr(first + 1, second - first - 1), "offset", name, line),
                      number_of(row.substr(second + 1, third - second - 1), "length", name, line), line};
    if (!is_about_the_dictionary(row.substr(0, first))) entries.push_back(entry);
  }
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::tuple(e.offset, e.length, e.line); });
  const auto is_same = [](const Entry& a, const Entry& b) { return a.offset == b.offset && a.length == b.length; };
  entries.erase(std::unique(entries.begin(), entries.end(), is_same), entries.end());
  // A byte belongs to one entry at most: a small file cannot become a large text.
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (entries[i].offset < entries[i - 1].offset + entries[i - 1].length)
      refuse(name, entries[i].line, fmt::format("the entry begins inside that of line {}", entries[i - 1].line));
  return entries;
}

std::filesystem::path data_of(const std::filesystem::path& index) {
  std::filesystem::path base = index;
  base.replace_extension();
  for (const char* ending : {".dict.dz", ".dict"}) {
    const std::filesystem::path path = base.native() + ending;
    std::error_code ignored;  // a folder that cannot be searched has no such file either
    if (std::filesystem::exists(path, ignored)) return path;
  }
  throw InputError(fmt::format("{}: neither {} nor {} is beside it; a dictionary is both files",
                               in_quotes(index.native()), in_quotes(base.filename().native() + ".dict.dz"),
                               in_quotes(base.filename().native() + ".dict")));
}

/// As many of the first `count` bytes as there are. What follows is read too, for the checksum at the end.
std::vector<std::uint8_t> read_data(const InputFile& file, const std::filesystem::path& path, std::uint64_t count) {
  const std::unique_ptr<Source> source = open_source(file, path);
  std::vector<std::uint8_t> data = read_up_to(*source, std::min(count, source->at_most()), file);
  std::array<std::uint8_t, 4096> beyond{};
  while (source->read(beyond) > 0) {
  }
  return data;
}

/// Without the line ends before and behind it.
std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of("\r\n"), last = text.find_last_not_of("\r\n");
  return first == text.npos ? std::string_view() : text.substr(first, last + 1 - first);
}

}  // namespace

std::string read_dictionary(const std::filesystem::path& index) {
  const std::string name = in_quotes(index.native());
  const std::vector<Entry> entries = read_index(read_text_bytes(index), name);
  const std::filesystem::path path = data_of(index);
  const InputFile file(path);
  const std::uint64_t end = entries.empty() ? 0 : entries.back().offset + entries.back().length;
  const std::vector<std::uint8_t> data = read_data(file, path, end);
  const std::string_view all(reinterpret_cast<const char*>(data.data()), data.size());
  std::string text;
  for (const Entry& entry : entries) {
    if (entry.offset + entry.length > all.size())
      refuse(name, entry.line,
             fmt::format("the entry ends at byte {}, but {} has {} only", entry.offset + entry.length, file.name(),
                         all.size()));
    const std::string_view found = trimmed(all.substr(entry.offset, entry.length));
    if (!found.empty()) text.append(text.empty() ? "" : "\n").append(found).append("\n");
  }
  if (text.empty()) throw InputError(fmt::format("{}: no entry of it has any text; use another dictionary", name));
  return text;
}

std::string read_corpus(const std::filesystem::path& path) {
  return path.extension() == ".index" ? read_dictionary(path) : read_text_bytes(path);
}

}  // namespace vitrine
