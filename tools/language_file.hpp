#pragma once
// A trained language model as one file: its parameters, and in the metadata how its text became numbers.
#include "runtime/states.hpp"
#include "runtime/tensor_file.hpp"
#include "tools/text/tokenizer.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// Parameters as save_parameters writes them, with the tokenizer's JSON as metadata "tokenizer". Whole or not at all.
void save_language_model(const std::string& path, const Graph& forward, const States&, const Tokenizer&);

/// Such a file, its parameters where they lie.
struct LanguageFile {
  std::string model;  // the graph's name
  std::unique_ptr<Tokenizer> tokenizer;
  MappedTensorFile parameters;
};
/// InputError for a file that says no tokenizer.
LanguageFile read_language_file(const std::string& path, Pool&);

/// InputError if the file says that its model learned with another tokenizer. One that says nothing passes: a whole
/// training, which says so of its data.
void demand_tokenizer(const std::string& path, const Tokenizer&);

}  // namespace vitrine
