#pragma once
// Tables of numbers as CSV. Format: RFC 4180, with what files in the wild do besides: a UTF-8 byte order mark, line
// feeds alone, blank lines (left out), spaces around a number, another separator. Numbers are read the same in every
// locale.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace vitrine {

struct Table {
  std::string file;                // quoted for a sentence
  std::vector<std::string> names;  // of the columns; empty without a header
  std::size_t columns = 0;
  std::vector<float> numbers;      // [row, column]
  std::vector<std::size_t> lines;  // where each row begins in the file, from 1

  std::size_t rows() const { return lines.size(); }
};

enum class Header {
  detect,  // the first row is a header if none of its fields is meant as a number; nan and inf are: no row gets lost
  yes,
  no,
};

/// Throws InputError, with the line and the column from 1, for a row of another length, a field that is not a finite
/// number within f32's range, a quote out of place, a file without a row of numbers; also for a header that names a
/// column twice. Memory: at most some times the file.
Table read_csv(const std::filesystem::path& path, Header header = Header::detect, char separator = ',');

/// A column by its name, else by its number from 1. Throws UsageError, with the names there are.
std::size_t column_of(const Table& table, const std::string& name_or_number);

}  // namespace vitrine
