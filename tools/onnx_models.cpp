#include "tools/onnx_models.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <set>

#include "tools/child_process.hpp"
#include "tools/peer.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "vitrine-models-XXXXXX").string()) {
    if (!::mkdtemp(path_.data()))
      throw InputError("bench --peers: cannot make a folder " + path_ + " for models; set TMPDIR to one with room");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::string onnx_models(const std::string& work) {
  static const Folder folder;
  static std::set<std::string> written;
  if (written.contains(work)) return folder.path();
  const Finished done = run_child({PeerPrograms{}.python, peers_folder() + "/onnx_models.py", folder.path(), work}, "",
                                  std::chrono::minutes(1));
  if (done.how != Finished::How::exited || done.status != 0)
    throw InputError(fmt::format("bench --peers: onnx_models.py did not write {}: {}", work, done.err.substr(0, 300)));
  written.insert(work);
  return folder.path();
}

}  // namespace vitrine
