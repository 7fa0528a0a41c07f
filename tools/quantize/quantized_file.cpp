#include "tools/quantize/quantized_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/checksum.hpp"
#include "runtime/in_quotes.hpp"
#include "tools/parameter_file.hpp"
#include "tools/quantize/certificate_text.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Json = nlohmann::json;

/// Of what was measured, of scheme and formats, and of names, types, sizes and bytes of all tensors in the order of
/// their names.
class Digest {
 public:
  Digest(Json certificate, const std::string& scheme, const std::string& formats) {
    certificate.erase("digest");
    text_ = certificate.dump() + "\n" + scheme + "\n" + formats + "\n";
  }
  void add(const std::string& name, DType dtype, const std::vector<std::size_t>& sizes,
           std::span<const std::byte> bytes) {
    text_ += fmt::format("{}\n{} {}\n{}\n", name, name_of(dtype), fmt::join(sizes, " "), checksum(bytes));
  }
  std::string str() const { return checksum(std::as_bytes(std::span(text_))); }

 private:
  std::string text_;
};

Json json_of(const std::string& path, const std::map<std::string, std::string>& metadata, const char* key) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw InputError(
        fmt::format("{}: it holds weights in few bits, but its metadata has no '{}', so that nothing says "
                    "what was measured of them; use a file that 'quantize' wrote",
                    path, key));
  Json made = Json::parse(found->second, nullptr, false);
  if (!made.is_object())
    throw InputError(fmt::format("{}: metadata '{}' is no JSON object; use a file that 'quantize' wrote", path, key));
  return made;
}

WeightFormats formats_in(const std::string& path, const std::map<std::string, std::string>& metadata) {
  WeightFormats made;
  const Json all = json_of(path, metadata, formats_key);
  for (const auto& [name, json] : all.items())
    made[name] = format_from(json, path + ": metadata 'formats', weight " + in_quotes(name));
  return made;
}

/// Every weight that has a format is one of the model's.
void demand_weights(const std::string& path, const WeightFormats& formats, const Graph& forward) {
  const std::vector<QuantizableWeight> weights = quantizable_weights(forward);
  for (const auto& [name, format] : formats) {
    const auto found = std::ranges::find(weights, name, &QuantizableWeight::name);
    if (found == weights.end())
      throw InputError(fmt::format("{}: its formats name a weight {}, which {} has not; use a file of this model", path,
                                   in_quotes(name), forward.name()));
  }
}

}  // namespace

std::size_t save_quantized(const std::string& path, const Graph& quantized, const States& states,
                           const QuantizationScheme& scheme, const WeightFormats& formats, const Json& certificate,
                           std::map<std::string, std::string> metadata) {
  Json by_name = Json::object();
  for (const auto& [name, format] : formats) by_name[name] = format_json(format);
  metadata[scheme_key] = scheme.name, metadata[formats_key] = by_name.dump();
  Digest digest(certificate, metadata[scheme_key], metadata[formats_key]);
  for (const auto& [name, type] : named_states(quantized, states)) {
    const HostTensor tensor = tensor_of(states, name);
    digest.add(name, tensor.dtype, tensor.sizes, tensor.bytes);
  }
  Json signed_certificate = certificate;
  signed_certificate["digest"] = digest.str();
  metadata[certificate_key] = signed_certificate.dump();
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code said_when_written;
  if (!folder.empty()) std::filesystem::create_directories(folder, said_when_written);
  save_parameters(path, quantized, states, std::move(metadata));
  return std::filesystem::file_size(path);
}

bool is_in_few_bits(const std::map<std::string, std::string>& metadata) {
  return metadata.contains(certificate_key) || metadata.contains(formats_key) || metadata.contains(scheme_key);
}

QuantizedModel read_quantized(const std::string& path, const MappedTensorFile& file, const Graph& forward) {
  const auto& metadata = file.metadata;
  if (!file.has_checksums)
    throw InputError(path +
                     ": its tensors have no checksums, so that nothing shows whether its weights are those that "
                     "the certificate speaks of; use a file that 'quantize' wrote");
  const Json certificate = json_of(path, metadata, certificate_key);
  const WeightFormats formats = formats_in(path, metadata);
  const auto scheme_text = metadata.find(scheme_key);
  if (scheme_text == metadata.end())
    throw InputError(path + ": its metadata has no 'scheme'; use a file that 'quantize' wrote");
  Digest digest(certificate, scheme_text->second, metadata.at(formats_key));
  for (const auto& [name, tensor] : file.tensors) digest.add(name, tensor.dtype, tensor.sizes, tensor.bytes);
  if (certificate.value("digest", Json()) != digest.str())
    throw InputError(path +
                     ": its certificate was made of other weights or formats than it holds, so that what it "
                     "says was measured is not true of them; quantize the model again");
  demand_weights(path, formats, forward);
  QuantizationScheme scheme;
  try {
    scheme = scheme_named(scheme_text->second);
  } catch (const UsageError& error) {
    throw InputError(fmt::format("{}: metadata 'scheme': {}", path, error.what()));
  }
  return {quantized(forward, formats, scheme.row_bits), scheme, formats, metadata.at(certificate_key)};
}

std::string default_quantized_file(const std::string& name, const std::string& scheme) {
  std::string safe = scheme;
  for (char& c : safe)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') c = '-';
  return fmt::format("out/{0}/{0}.{1}.safetensors", name, safe);
}

}  // namespace vitrine
