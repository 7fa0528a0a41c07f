#include "tools/language_file.hpp"

#include "tools/parameter_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

void save_language_model(const std::string& path, const Graph& forward, const States& states,
                         const Tokenizer& tokenizer) {
  save_parameters(path, forward, states, {{tokenizer_key, tokenizer.to_json()}});
}

LanguageFile read_language_file(const std::string& path, Pool& pool) {
  MappedTensorFile file = map_tensor_file(path, pool);
  const auto json = file.metadata.find(tokenizer_key);
  if (json == file.metadata.end())
    throw InputError(path + ": its metadata has no '" + tokenizer_key +
                     "', so its numbers cannot be read as text; use a file that 'run' wrote beside its pictures");
  auto tokenizer = make_tokenizer(json->second, path + ", metadata '" + tokenizer_key + "'");
  return {file.metadata["model"], std::move(tokenizer), std::move(file)};
}

void demand_tokenizer(const std::string& path, const Tokenizer& tokenizer) {
  const TensorFile file = read_tensor_file(path);
  const auto json = file.metadata.find(tokenizer_key);
  if (json != file.metadata.end() && json->second != tokenizer.to_json())
    throw InputError(path +
                     ": its model learned a text of other characters, and would take each for another one; use that "
                     "text, or train a new model");
}

}  // namespace vitrine
