#pragma once
#include "compiler/lint.hpp"
#include "tools/commands/commands.hpp"

namespace vitrine {

/// A project's forward graph with what the project declares of it. `forward` must outlive what is handed out.
Linted linted(const Project&, const Graph& forward);

/// Says on stderr, a line each, what lint finds in MODEL of the command line, if that is a project: what was traced is
/// looked at before anything is done with it. A .vit file is not traced here, and `vitrine lint` looks at it.
void warn_of_findings(const Projects&, const std::string& model);

/// The same of what a run with these options trains: without the parts that are left out, whose own parameters nothing
/// reads any more, as was asked for.
void warn_of_findings(const Project&, const RunOptions&);

}  // namespace vitrine
