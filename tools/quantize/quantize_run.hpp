#pragma once
// What `quantize` and `run --quantize` do with any model.
#include "tools/gates.hpp"
#include "tools/quantize/quantize_model.hpp"
#include "tools/quantize/quantized_file.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

/// What was asked, read before anything takes time. UsageError for what is no scheme or no bound.
struct QuantizeRequest {
  QuantizeRequest(const QuantizeOptions&, bool classifies);
  const QuantizeOptions& options;
  QuantizationScheme scheme;
  std::vector<Bound> bounds;
};

/// Behind `quantize`: quantizes within the budget, prints, writes the file and the numbers; true if the budget holds. A
/// model that does not hold it is not written.
bool quantize_within(const QuantizeRequest&, const Subject&, std::map<std::string, std::string> metadata);

/// Behind `run --quantize`: the same in memory, with the scheme's bounds as gates and nothing given back. Hands out the
/// numbers.
nlohmann::json check_in_few_bits(const QuantizationScheme&, const Subject&, Gates&);

/// `run --test` of a file in few bits: UsageError for flags that ask for weights in f32.
void refuse_for_few_bits(const std::string& name, const RunOptions&);
/// On the data of its certificate a model must measure what that says; on other data nothing is asked.
void check_certificate(const QuantizedModel&, const std::string& figure, double measured, double within,
                       const std::string& data_checksum, Gates&);
/// The numbers of such a test, for --json.
void write_test(const RunOptions&, const std::string& name, nlohmann::json numbers, const Gates&);

/// The project's f32 parameters: the file that `load` names, or the one that `run` left. InputError for one that is
/// missing, in few bits already, of another model, or not all numbers.
std::map<std::string, std::string> hold_f32(const std::string& path, const MappedTensorFile&, const Graph& forward,
                                            States&);

}  // namespace vitrine
