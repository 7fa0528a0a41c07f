// What any C++ program of this kind compiles: the measure that a model's cost is held against.
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

std::map<std::string, std::vector<double>> kept;
