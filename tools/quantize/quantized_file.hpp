#pragma once
// A model in few bits as one file: safetensors whose metadata says the scheme, each weight's format, and a certificate
// of what was measured. The certificate carries a digest of everything that it speaks of, so that it goes with these
// weights and no others.
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "compiler/quantization.hpp"
#include "runtime/states.hpp"
#include "runtime/tensor_file.hpp"

namespace vitrine {

inline constexpr const char *certificate_key = "certificate", *scheme_key = "scheme", *formats_key = "formats";

/// Writes the states that the quantized graph names, whole or not at all. `metadata`: what else is to be said (a
/// tokenizer). Hands out the file's bytes.
std::size_t save_quantized(const std::string& path, const Graph& quantized, const States&, const QuantizationScheme&,
                           const WeightFormats&, const nlohmann::json& certificate,
                           std::map<std::string, std::string> metadata);

/// Whether metadata is that of a model in few bits, be it right or not.
bool is_in_few_bits(const std::map<std::string, std::string>& metadata);

struct QuantizedModel {
  Graph graph;  // reads the file's tensors as states
  QuantizationScheme scheme;
  WeightFormats formats;
  std::string certificate;  // JSON
};

/// What such a file says of a model, whose f32 graph this is. InputError for a file without checksums or certificate,
/// with one that was made of other weights or formats, and for formats that the model has no weights for.
QuantizedModel read_quantized(const std::string& path, const MappedTensorFile&, const Graph& forward);

/// out/NAME/NAME.int4-symmetric.safetensors for "int4,symmetric".
std::string default_quantized_file(const std::string& name, const std::string& scheme);

}  // namespace vitrine
