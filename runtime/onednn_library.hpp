#pragma once
// oneDNN's C interface (oneapi-src.github.io/oneDNN, version 2), opened when it is first needed: a program that never
// needs it does not pay for mapping 39 MB and what that library is linked to. Included only where VITRINE_ONEDNN is
// defined, which says that dnnl.h was there when this was built.
#include <dnnl.h>

#if DNNL_VERSION_MAJOR != 2
#error "oneDNN's interface changed with version 3; configure with -DVITRINE_ONEDNN=OFF"
#endif

#define VITRINE_ONEDNN_CALLS(call)              \
  call(engine_create);                          \
  call(stream_create);                          \
  call(stream_wait);                            \
  call(memory_desc_init_by_strides);            \
  call(memory_desc_init_by_tag);                \
  call(memory_desc_get_size);                   \
  call(memory_create);                          \
  call(memory_destroy);                         \
  call(memory_set_data_handle);                 \
  call(primitive_attr_create);                  \
  call(primitive_attr_set_scratchpad_mode);     \
  call(matmul_desc_init);                       \
  call(convolution_forward_desc_init);          \
  call(convolution_backward_data_desc_init);    \
  call(convolution_backward_weights_desc_init); \
  call(primitive_desc_create);                  \
  call(primitive_desc_destroy);                 \
  call(primitive_desc_query);                   \
  call(primitive_desc_query_md);                \
  call(reorder_primitive_desc_create);          \
  call(primitive_create);                       \
  call(primitive_destroy);                      \
  call(primitive_execute)

namespace vitrine {

struct OnednnLibrary {
#define VITRINE_DECLARE(name) decltype(&dnnl_##name) name = nullptr
  VITRINE_ONEDNN_CALLS(VITRINE_DECLARE);
#undef VITRINE_DECLARE
  int (*threads)() = nullptr;  // of OpenMP, if oneDNN was built with it
  void (*set_threads)(int) = nullptr;
  dnnl_engine_t engine = nullptr;
  dnnl_primitive_attr_t scratch_is_given = nullptr;
};

/// The library; only if onednn_missing() is empty.
const OnednnLibrary& onednn_library();

/// While it lives, oneDNN has one thread on this thread: ours share the work out, and its own fork and join stalls
/// whenever another process takes a core. What the caller's program had set for OpenMP comes back at the end.
class OnednnOneThread {
 public:
  OnednnOneThread() : before_(onednn_library().threads ? onednn_library().threads() : 1) {
    if (before_ != 1) onednn_library().set_threads(1);
  }
  OnednnOneThread(const OnednnOneThread&) = delete;
  OnednnOneThread& operator=(const OnednnOneThread&) = delete;
  ~OnednnOneThread() {
    if (before_ != 1) onednn_library().set_threads(before_);
  }

 private:
  int before_;
};

}  // namespace vitrine
