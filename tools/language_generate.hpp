#pragma once
#include "tools/language_file.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

/// A language model that can write, trained here or by others.
struct Writer {
  std::string name;                                   // of the project
  std::string how_to_get;                             // its file: "train it with 'run gpt'"
  std::function<Graph(const LanguageFile&)> forward;  // the graph that a file is of, for as many tokens as it has
};

/// Where `generate` finds a project's model if nobody says where: out/NAME/NAME.safetensors.
std::string default_language_file(const std::string& name);

/// A model's file, read: the one that `load` names, or by default the project's. InputError for one that is missing,
/// and what else read_language_file throws.
struct OpenedLanguageFile {
  std::string path;
  LanguageFile file;
};
OpenedLanguageFile open_language_file(const Writer&, const std::string& command, const std::string& load, Pool&);

/// Behind `generate`: reads a trained model, goes on from the prompt on stdout, says on stderr what was forgotten of a
/// prompt that is longer than the model's context, how long reading took and how fast it was. It ends early where the
/// model ends its text.
void generate_text(const Writer&, const GenerateOptions&);

}  // namespace vitrine
