#include "runtime/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>

namespace vitrine {

int Disk::create(const char* path) { return ::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666); }
ssize_t Disk::write(int descriptor, std::string_view bytes) { return ::write(descriptor, bytes.data(), bytes.size()); }
bool Disk::sync(int descriptor) { return ::fsync(descriptor) == 0; }
bool Disk::close(Descriptor& descriptor) { return descriptor.close(); }
bool Disk::rename(const char* from, const char* to) { return ::rename(from, to) == 0; }
int Disk::open_folder(const char* path) { return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
void Disk::remove(const char* path) { ::unlink(path); }

}  // namespace vitrine
