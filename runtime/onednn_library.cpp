#include "runtime/provider.hpp"

#ifdef VITRINE_ONEDNN
#include <dlfcn.h>

#include "runtime/onednn_library.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

struct Opened {
  OnednnLibrary library{};
  std::string missing{};
};

#define VITRINE_TEXT_OF(macro) VITRINE_TEXT(macro)
#define VITRINE_TEXT(text) #text
constexpr const char* file_name = "libdnnl.so." VITRINE_TEXT_OF(DNNL_VERSION_MAJOR);
#undef VITRINE_TEXT
#undef VITRINE_TEXT_OF

Opened open() {
  Opened made;
  OnednnLibrary& library = made.library;
  void* const file = dlopen(file_name, RTLD_NOW | RTLD_LOCAL);  // never closed: its threads and code may be in use
  if (!file) {
    const char* const why = dlerror();
    made.missing = std::string("oneDNN cannot be opened (") + (why ? why : file_name) +
                   "); install Debian's libdnnl2, or use the provider own";
    return made;
  }
  const auto find = [&](auto& call, const char* name) {
    call = reinterpret_cast<std::remove_reference_t<decltype(call)>>(dlsym(file, name));
    return call != nullptr;
  };
  const auto demand = [&](auto& call, const char* name) {
    if (!find(call, name) && made.missing.empty())
      made.missing = std::string(file_name) + " has no " + name + ", so it is another library than this program was " +
                     "built for; install Debian's libdnnl2, or use the provider own";
  };
#define VITRINE_FIND(name) demand(library.name, "dnnl_" #name)
  VITRINE_ONEDNN_CALLS(VITRINE_FIND);
#undef VITRINE_FIND
  if (!find(library.threads, "omp_get_max_threads") || !find(library.set_threads, "omp_set_num_threads"))
    library.threads = nullptr;
  if (!made.missing.empty()) return made;
  if (library.engine_create(&library.engine, dnnl_cpu, 0) != dnnl_success ||
      library.primitive_attr_create(&library.scratch_is_given) != dnnl_success ||
      library.primitive_attr_set_scratchpad_mode(library.scratch_is_given, dnnl_scratchpad_mode_user) != dnnl_success)
    made.missing = "oneDNN does not start on this processor; use the provider own";
  return made;
}

const Opened& opened() {
  static const Opened once = open();
  return once;
}

}  // namespace

const std::string& onednn_missing() { return opened().missing; }

const OnednnLibrary& onednn_library() {
  if (!opened().missing.empty()) throw InternalError("oneDNN was called without being there: " + opened().missing);
  return opened().library;
}

}  // namespace vitrine

#else

const std::string& vitrine::onednn_missing() {
  static const std::string why =
      "this program was built without oneDNN; install Debian's libdnnl-dev and build again, or use the provider own";
  return why;
}

#endif

vitrine::InputError vitrine::onednn_lost(std::string_view what) {
  const std::string& missing = onednn_missing();
  return InputError(
      "the plan wants oneDNN for " + std::string(what) + ", but " +
      (missing.empty() ? "oneDNN has no fast loops for it on this processor; compile the graph anew here" : missing));
}
