#pragma once
// Texts to learn from: plain files, and dictionaries in the format of the DICT server (dictd(8), dictfmt(1)).
#include <filesystem>
#include <string>

namespace vitrine {

/// Where Debian's package dict-devil puts Ambrose Bierce, "The Devil's Dictionary" (1911).
inline constexpr std::string_view devils_dictionary = "/usr/share/dictd/devil.index";

/// The text of the dictionary that NAME.index describes. The index has a line for each headword: headword, tab, offset,
/// tab, length, both in base 64 (A-Z a-z 0-9 + /, the highest digit first), of bytes in NAME.dict.dz (gzip) or
/// NAME.dict. Entries in the order of their offsets, each once and without the line ends before and behind it, a blank
/// line between two, a line end behind the last; inside an entry nothing is changed. What is about the dictionary
/// itself (headwords that begin with "00-database" or "00database") is left out. Throws InputError, with file and line,
/// for whatever is missing, damaged or malformed.
std::string read_dictionary(const std::filesystem::path& index);

/// read_dictionary for a name that ends in ".index", else the bytes of the file. Throws InputError, for no bytes too.
std::string read_corpus(const std::filesystem::path& path);

}  // namespace vitrine
