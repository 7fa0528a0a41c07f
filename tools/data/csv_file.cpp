#include "tools/data/csv_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

/// Rows of fields, one after the other, with the line where each begins.
class Rows {
 public:
  Rows(const std::string& file, std::string_view text, char separator)
      : file_(file), text_(text), separator_(separator) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  /// Reads the next row that is not blank; false at the end of the file.
  bool next(std::vector<std::string>& fields) {
    while (skip_line_end()) {
    }
    if (text_.empty()) return false;
    begins_ = line_;
    fields.clear();
    do fields.push_back(field(fields.size() + 1));
    while (skip(separator_));
    if (!text_.empty() && !skip_line_end())
      refuse(fields.size(), "holds something behind its closing quote; put the whole field in quotes");
    return true;
  }
  std::size_t begins() const { return begins_; }

 private:
  [[noreturn]] void refuse(std::size_t column, std::string_view why) const {
    throw InputError(fmt::format("{}: line {}, column {}: the field {}", file_, line_, column, why));
  }
  bool skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool skip_line_end() {
    if (text_.starts_with("\r\n")) text_.remove_prefix(1);
    if (!skip('\n')) return false;
    ++line_;
    return true;
  }
  std::string field(std::size_t column) {
    if (skip('"')) return quoted(column);
    const std::size_t ends = std::min(text_.find_first_of(std::string{separator_, '\n'}), text_.size());
    std::string_view found = text_.substr(0, ends);
    text_.remove_prefix(ends);
    if (text_.starts_with('\n') && found.ends_with('\r')) found.remove_suffix(1);
    if (found.find('"') != std::string_view::npos)
      refuse(column, "has a quote in its middle; put the whole field in quotes and double those inside");
    return std::string(found);
  }
  std::string quoted(std::size_t column) {
    std::string found;
    const std::size_t opened = line_;
    while (true) {
      const std::size_t quote = text_.find('"');
      const std::string_view part = text_.substr(0, quote);
      found += part;
      if (quote == std::string_view::npos) {
        line_ = opened;
        refuse(column, "opens a quote that is never closed; close it");
      }
      line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
      text_.remove_prefix(quote + 1);
      if (!skip('"')) return found;
      found += '"';
    }
  }

  const std::string& file_;
  std::string_view text_;
  const char separator_;
  std::size_t line_ = 1, begins_ = 1;
};

std::string_view without_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

struct Reading {
  float number = 0;
  std::string_view wrong{};  // why it is none; empty when it is one
};

Reading number_in(std::string_view field) {
  std::string_view text = without_spaces(field);
  if (text.empty()) return {.wrong = "is empty; fill it or leave the row out"};
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Reading reading;
  const char* const end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, reading.number);
  if (error == std::errc::result_out_of_range) {
    double wide = 0;  // too small for f32 rounds to what f32 has there; too large is refused
    error = std::from_chars(text.data(), end, wide).ec;
    reading.number = static_cast<float>(wide);
    if (error != std::errc() || std::isinf(reading.number))
      return {.wrong = "is outside of what f32 can hold; scale the column"};
  }
  if (error != std::errc() || stop != end) return {.wrong = "is not a number; correct it or leave the column out"};
  if (!std::isfinite(reading.number)) return {.wrong = "is not a finite number; leave the row out or fill in a number"};
  return reading;
}

/// Whether a field is meant as a number, be it one that a table cannot hold: nan, an infinity, too large for f32.
bool means_number(const std::string& field) {
  std::string_view text = without_spaces(field);
  if (text.starts_with('+')) text.remove_prefix(1);
  double ignored = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), ignored);
  return error != std::errc::invalid_argument && stop == text.data() + text.size();
}

void take_names(Table& table, const std::vector<std::string>& fields, std::size_t line) {
  std::set<std::string> seen;
  for (const std::string& field : fields) {
    table.names.emplace_back(without_spaces(field));
    if (!seen.insert(table.names.back()).second)
      throw InputError(fmt::format("{}: line {}: the header names the column {} twice; give each its own name",
                                   table.file, line, in_quotes(table.names.back())));
  }
}

void take_numbers(Table& table, const std::vector<std::string>& fields, std::size_t line) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Reading reading = number_in(fields[i]);
    if (!reading.wrong.empty())
      throw InputError(fmt::format("{}: line {}, column {}: {} {}", table.file, line, i + 1,
                                   in_quotes(fields[i].substr(0, 40)), reading.wrong));
    table.numbers.push_back(reading.number);
  }
  table.lines.push_back(line);
}

}  // namespace

Table read_csv(const std::filesystem::path& path, Header header, char separator) {
  const InputFile file(path);
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));

  Table table{.file = file.name(), .names = {}, .numbers = {}, .lines = {}};
  Rows rows(table.file, text, separator);
  std::vector<std::string> fields;
  for (bool first = true; rows.next(fields); first = false) {
    if (first) table.columns = fields.size();
    if (fields.size() != table.columns)
      throw InputError(fmt::format("{}: line {}: it has {} fields, but the first row has {}; every row needs as many",
                                   table.file, rows.begins(), fields.size(), table.columns));
    const bool is_header =
        first && (header == Header::yes || (header == Header::detect && std::ranges::none_of(fields, means_number)));
    if (is_header)
      take_names(table, fields, rows.begins());
    else
      take_numbers(table, fields, rows.begins());
  }
  if (table.rows() == 0)
    throw InputError(fmt::format("{}: it has no row of numbers; is this the right file?", table.file));
  return table;
}

std::size_t column_of(const Table& table, const std::string& name_or_number) {
  const auto named = std::ranges::find(table.names, name_or_number);
  if (named != table.names.end()) return static_cast<std::size_t>(named - table.names.begin());
  std::size_t number = 0;
  const char* const end = name_or_number.data() + name_or_number.size();
  const auto [stop, error] = std::from_chars(name_or_number.data(), end, number);
  if (error == std::errc() && stop == end && number >= 1 && number <= table.columns) return number - 1;
  throw UsageError(fmt::format("{}: there is no column {}; give a number from 1 to {}{}{}", table.file,
                               in_quotes(name_or_number), table.columns,
                               table.names.empty() ? "" : " or one of the names ", fmt::join(table.names, ", ")));
}

}  // namespace vitrine
