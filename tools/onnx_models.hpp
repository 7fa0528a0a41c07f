#pragma once
#include <string>

namespace vitrine {

/// The folder in which a workload's models are as ONNX Runtime reads them. They are written at the first call for the
/// work, by onnx_models.py, and the folder goes when this process ends. Throws InputError if they cannot be written.
std::string onnx_models(const std::string& work);

}  // namespace vitrine
