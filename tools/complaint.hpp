#pragma once
// Wrong use of the command line as one sentence.
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace vitrine {

/// "; did you mean 'list'?", or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// What was wrong with the words, as one sentence that begins with the command. CLI11's own text names neither the
/// command nor the nearest word that it would have understood.
std::string complaint(const CLI::App& app, const CLI::ParseError& error);

}  // namespace vitrine
