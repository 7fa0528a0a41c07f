#pragma once
// The only way Vitrine writes a file: whole or not at all. Whoever reads the path sees the old file or the new one,
// also after a full disk, a kill or a power cut.
#include <filesystem>
#include <span>
#include <string_view>

namespace vitrine {

class Disk;

/// Replaces the file at `path` by `bytes`: temporary in the same folder, fsync, rename, fsync of the folder. A symbolic
/// link is followed; a device or a pipe is written straight. Throws InputError; then the old file is untouched and no
/// temporary is left.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for content in several pieces, written one after the other without joining them in memory.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces);
/// The same by these system calls: tests give a disk that fails.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> pieces, Disk&);

/// Makes the folder and its parents where missing. Throws InputError when it cannot be made or written to.
void make_folder(const std::filesystem::path& path);

}  // namespace vitrine
