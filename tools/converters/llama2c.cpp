// llama2c MODEL TOKENIZER TO: one safetensors file of llama2.c's model.bin and tokenizer.bin. tools/fetch runs it.
#include "tools/llama2c.hpp"

#include <iostream>

#include "vitrine/error.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: llama2c MODEL TOKENIZER TO, where MODEL and TOKENIZER are llama2.c's model.bin and "
                 "tokenizer.bin, and TO is the safetensors file to write\n";
    return 2;
  }
  try {
    const std::filesystem::path to = argv[3];
    const auto sizes = vitrine::convert_llama2c(argv[1], argv[2], to, to.stem().string());
    std::cout << to.string() << ": " << sizes.depth << " blocks of width " << sizes.width << ", " << sizes.heads
              << " heads, " << sizes.vocabulary << " tokens, " << sizes.time << " places\n";
  } catch (const vitrine::InputError& error) {
    std::cerr << "llama2c: " << error.what() << '\n';
    return 3;
  } catch (const std::exception& error) {
    std::cerr << "llama2c: " << error.what() << "; this is a bug of ours\n";
    return 4;
  }
}
