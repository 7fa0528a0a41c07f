#include "runtime/onednn_primitive.hpp"

#include "runtime/provider.hpp"
#include "vitrine/error.hpp"

#ifdef VITRINE_ONEDNN
#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "runtime/onednn_library.hpp"

namespace vitrine {

namespace {

const OnednnLibrary& library() { return onednn_library(); }

void demand(dnnl_status_t status, const char* what) {
  if (status != dnnl_success)
    throw InternalError(std::string("oneDNN cannot ") + what + " (status " + std::to_string(status) +
                        "); use the provider own");
}

struct Destroy {
  void operator()(dnnl_primitive_desc* p) const { library().primitive_desc_destroy(p); }
  void operator()(dnnl_primitive* p) const { library().primitive_destroy(p); }
  void operator()(dnnl_memory* p) const { library().memory_destroy(p); }
};
using Description = std::unique_ptr<dnnl_primitive_desc, Destroy>;
using Primitive = std::unique_ptr<dnnl_primitive, Destroy>;
using Buffer = std::unique_ptr<dnnl_memory, Destroy>;

/// The layout of a tensor; without strides, oneDNN chooses. Nothing if it takes no such tensor.
std::optional<dnnl_memory_desc_t> layout(std::initializer_list<std::size_t> sizes,
                                         std::initializer_list<std::ptrdiff_t> strides) {
  dnnl_dims_t size{}, stride{};
  std::ranges::copy(sizes, size), std::ranges::copy(strides, stride);
  const auto rank = static_cast<int>(sizes.size());
  dnnl_memory_desc_t made{};
  const auto status = strides.size()
                          ? library().memory_desc_init_by_strides(&made, rank, size, dnnl_f32, stride)
                          : library().memory_desc_init_by_tag(&made, rank, size, dnnl_f32, dnnl_format_tag_any);
  if (status != dnnl_success) return {};
  return made;
}

std::size_t floats_of(const dnnl_memory_desc_t& layout) {
  return (library().memory_desc_get_size(&layout) + sizeof(float) - 1) / sizeof(float);
}

Primitive made_of(const Description& description) {
  dnnl_primitive_t made = nullptr;
  demand(library().primitive_create(&made, description.get()), "make a primitive");
  return Primitive(made);
}

Buffer buffer_of(const dnnl_memory_desc_t& layout) {
  dnnl_memory_t made = nullptr;
  demand(library().memory_create(&made, &layout, library().engine, nullptr), "make a memory object");
  return Buffer(made);
}

dnnl_stream_t stream() {
  static const dnnl_stream_t only = [] {
    dnnl_stream_t made = nullptr;
    demand(library().stream_create(&made, library().engine, dnnl_stream_default_flags), "make a stream");
    return made;
  }();
  return only;
}

/// A tensor that a primitive reads or writes.
struct Role {
  int argument;
  dnnl_memory_desc_t layout;
};

void execute(const Primitive& primitive, std::span<const dnnl_exec_arg_t> arguments) {
  demand(library().primitive_execute(primitive.get(), stream(), static_cast<int>(arguments.size()), arguments.data()),
         "run a primitive");
  demand(library().stream_wait(stream()), "finish a primitive");
}

Primitive reorder(const dnnl_memory_desc_t& from, const dnnl_memory_desc_t& to) {
  dnnl_primitive_desc_t made = nullptr;
  demand(library().reorder_primitive_desc_create(&made, &from, library().engine, &to, library().engine, nullptr),
         "change a layout");
  return made_of(Description(made));
}

}  // namespace

struct OnednnPrimitive::Inside {
  struct Worker {
    std::array<Buffer, 4> buffers;  // operands, result, scratch
    Buffer weight;                  // as the graph has it
  };
  Primitive primitive{}, change_layout{};
  std::array<int, 4> arguments{};
  std::size_t packed_at = 0;  // which argument has a layout of oneDNN's own
  std::size_t scratch = 0, packed = 0;
  std::vector<Worker> workers{};

  /// Nothing if oneDNN has no fast loops. The result comes last in `roles`; `weight` is how the graph has the one whose
  /// layout is left to oneDNN.
  static std::optional<OnednnPrimitive> make(const_dnnl_op_desc_t operation, const_dnnl_primitive_desc_t forward,
                                             const std::array<Role, 3>& roles, std::size_t workers,
                                             const dnnl_memory_desc_t* weight = nullptr) {
    dnnl_primitive_desc_t found = nullptr;
    if (library().primitive_desc_create(&found, operation, library().scratch_is_given, library().engine, forward) !=
        dnnl_success)
      return {};
    const Description description(found);
    const char* loops = "ref";
    library().primitive_desc_query(found, dnnl_query_impl_info_str, 0, static_cast<void*>(&loops));
    if (std::strncmp(loops, "ref", 3) == 0 || std::strstr(loops, "gemm:")) return {};
    auto made = std::make_unique<Inside>();
    made->primitive = made_of(description);
    std::array<dnnl_memory_desc_t, 4> layouts{};
    for (std::size_t i = 0; i < 4; ++i) {
      made->arguments[i] = i < 3 ? roles[i].argument : DNNL_ARG_SCRATCHPAD;
      layouts[i] = *library().primitive_desc_query_md(found, dnnl_query_exec_arg_md, made->arguments[i]);
      if (i < 3 && roles[i].layout.format_kind == dnnl_format_kind_any) made->packed_at = i;
    }
    made->scratch = floats_of(layouts[3]);
    const dnnl_memory_desc_t& packed = layouts[made->packed_at];
    if (weight) {
      made->packed = floats_of(packed);
      made->change_layout = made->packed_at == 2 ? reorder(packed, *weight) : reorder(*weight, packed);
    }
    for (std::size_t worker = 0; worker < workers; ++worker)
      made->workers.push_back(
          {{buffer_of(layouts[0]), buffer_of(layouts[1]), buffer_of(layouts[2]), buffer_of(layouts[3])},
           weight ? buffer_of(*weight) : nullptr});
    return OnednnPrimitive(std::move(made));
  }
};

std::optional<OnednnPrimitive> OnednnPrimitive::product(GemmSize size, bool b_turned, std::size_t workers) {
  if (size.M == 0 || size.N == 0 || size.K == 0 || !onednn_missing().empty()) return {};
  const OnednnOneThread one;
  const auto K = static_cast<std::ptrdiff_t>(size.K), N = static_cast<std::ptrdiff_t>(size.N);
  const auto left = layout({size.M, size.K}, {K, 1}), to = layout({size.M, size.N}, {N, 1});
  const auto right = b_turned ? layout({size.K, size.N}, {1, K}) : layout({size.K, size.N}, {N, 1});
  dnnl_matmul_desc_t operation{};
  if (!left || !right || !to || library().matmul_desc_init(&operation, &*left, &*right, nullptr, &*to) != dnnl_success)
    return {};
  return Inside::make(&operation, nullptr,
                      {Role{DNNL_ARG_SRC, *left}, Role{DNNL_ARG_WEIGHTS, *right}, Role{DNNL_ARG_DST, *to}}, workers);
}

std::optional<OnednnPrimitive> OnednnPrimitive::convolution(Contraction::Form form, const ConvolutionSize& size,
                                                            std::size_t images, std::size_t workers) {
  const Windows& w = size.windows;
  const std::size_t channels_out = size.result_channels;
  if (images * w.rows * w.columns * w.channels * size.weights() == 0 ||
      images * w.result_rows * w.result_columns == 0 || !onednn_missing().empty())
    return {};
  const OnednnOneThread one;
  const auto image = [&](std::size_t rows, std::size_t columns, std::size_t channels) {
    const auto c = static_cast<std::ptrdiff_t>(channels), line = static_cast<std::ptrdiff_t>(columns) * c;
    return layout({images, channels, rows, columns}, {static_cast<std::ptrdiff_t>(rows) * line, 1, line, c});
  };
  // Our weight is [kernel row, kernel column, channel in of a group, channel out], and the channels out of a group
  // follow each other.
  const auto all = static_cast<std::ptrdiff_t>(channels_out),
             place = static_cast<std::ptrdiff_t>(size.channels_in()) * all,
             kernel_row = static_cast<std::ptrdiff_t>(w.kernel_columns) * place;
  const std::size_t rows = w.kernel_rows, columns = w.kernel_columns, in = size.channels_in(),
                    out = size.channels_out();
  const bool one_group = size.groups == 1;
  const auto weight = one_group ? layout({out, in, rows, columns}, {1, all, kernel_row, place})
                                : layout({size.groups, out, in, rows, columns},
                                         {static_cast<std::ptrdiff_t>(out), 1, all, kernel_row, place});
  const auto packed =
      one_group ? layout({out, in, rows, columns}, {}) : layout({size.groups, out, in, rows, columns}, {});
  const auto x = image(w.rows, w.columns, w.channels), y = image(w.result_rows, w.result_columns, channels_out);
  if (!x || !y || !weight || !packed) return {};

  const dnnl_dims_t stride{w.stride_rows, w.stride_columns}, padding{w.padding_rows, w.padding_columns};
  const auto direct = dnnl_convolution_direct;
  dnnl_convolution_desc_t forward{}, backward{};
  if (library().convolution_forward_desc_init(&forward, dnnl_forward_training, direct, &*x, &*packed, nullptr, &*y,
                                              stride, padding, padding) != dnnl_success)
    return {};
  if (form == Contraction::Form::convolution)
    return Inside::make(&forward, nullptr,
                        {Role{DNNL_ARG_SRC, *x}, Role{DNNL_ARG_WEIGHTS, *packed}, Role{DNNL_ARG_DST, *y}}, workers,
                        &*weight);
  dnnl_primitive_desc_t found = nullptr;
  if (library().primitive_desc_create(&found, &forward, library().scratch_is_given, library().engine, nullptr) !=
      dnnl_success)
    return {};
  const Description hint(found);
  const Role gradient{DNNL_ARG_DIFF_DST, *y};
  if (form == Contraction::Form::convolution_input_gradient) {
    if (library().convolution_backward_data_desc_init(&backward, direct, &*x, &*packed, &*y, stride, padding,
                                                      padding) != dnnl_success)
      return {};
    return Inside::make(&backward, found, {gradient, Role{DNNL_ARG_WEIGHTS, *packed}, Role{DNNL_ARG_DIFF_SRC, *x}},
                        workers, &*weight);
  }
  if (library().convolution_backward_weights_desc_init(&backward, direct, &*x, &*packed, nullptr, &*y, stride, padding,
                                                       padding) != dnnl_success)
    return {};
  return Inside::make(&backward, found, {Role{DNNL_ARG_SRC, *x}, gradient, Role{DNNL_ARG_DIFF_WEIGHTS, *packed}},
                      workers, &*weight);
}

std::size_t OnednnPrimitive::scratch() const { return inside_->scratch; }
std::size_t OnednnPrimitive::packed_floats() const { return inside_->packed; }

void OnednnPrimitive::pack(const float* weight, float* packed) const {
  const OnednnOneThread one;
  // Now and not in run: oneDNN writes zeros behind a packed weight whenever it is told where it lies.
  for (const Inside::Worker& worker : inside_->workers)
    library().memory_set_data_handle(worker.buffers[inside_->packed_at].get(), packed);
  const Inside::Worker& first = inside_->workers[0];
  library().memory_set_data_handle(first.weight.get(), const_cast<float*>(weight));
  execute(inside_->change_layout, std::array{dnnl_exec_arg_t{DNNL_ARG_FROM, first.weight.get()},
                                             dnnl_exec_arg_t{DNNL_ARG_TO, first.buffers[inside_->packed_at].get()}});
}

void OnednnPrimitive::unpack(std::size_t worker, float* weight) const {
  const OnednnOneThread one;
  const Inside::Worker& by = inside_->workers[worker];
  library().memory_set_data_handle(by.weight.get(), weight);
  execute(inside_->change_layout, std::array{dnnl_exec_arg_t{DNNL_ARG_FROM, by.buffers[2].get()},
                                             dnnl_exec_arg_t{DNNL_ARG_TO, by.weight.get()}});
}

void OnednnPrimitive::run(std::size_t worker, const float* a, const float* b, float* result, float* scratch) const {
  const OnednnOneThread one;
  const auto& buffers = inside_->workers[worker].buffers;
  const std::array<void*, 4> data{const_cast<float*>(a), const_cast<float*>(b), result, scratch};
  std::array<dnnl_exec_arg_t, 4> arguments{};
  for (std::size_t i = 0; i < 4; ++i) {
    if (data[i]) library().memory_set_data_handle(buffers[i].get(), data[i]);
    arguments[i] = {inside_->arguments[i], buffers[i].get()};
  }
  execute(inside_->primitive, arguments);
}

}  // namespace vitrine

#else

namespace vitrine {

struct OnednnPrimitive::Inside {};

std::optional<OnednnPrimitive> OnednnPrimitive::product(GemmSize, bool, std::size_t) { return {}; }
std::optional<OnednnPrimitive> OnednnPrimitive::convolution(Contraction::Form, const ConvolutionSize&, std::size_t,
                                                            std::size_t) {
  return {};
}
std::size_t OnednnPrimitive::scratch() const { throw InternalError(onednn_missing()); }
std::size_t OnednnPrimitive::packed_floats() const { throw InternalError(onednn_missing()); }
void OnednnPrimitive::pack(const float*, float*) const { throw InternalError(onednn_missing()); }
void OnednnPrimitive::unpack(std::size_t, float*) const { throw InternalError(onednn_missing()); }
void OnednnPrimitive::run(std::size_t, const float*, const float*, float*, float*) const {
  throw InternalError(onednn_missing());
}

}  // namespace vitrine

#endif

namespace vitrine {

OnednnPrimitive::OnednnPrimitive(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
OnednnPrimitive::OnednnPrimitive(OnednnPrimitive&&) noexcept = default;
OnednnPrimitive& OnednnPrimitive::operator=(OnednnPrimitive&&) noexcept = default;
OnednnPrimitive::~OnednnPrimitive() = default;

}  // namespace vitrine
