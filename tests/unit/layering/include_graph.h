#pragma once
// Who includes whom in a source tree, and the rule of who may.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fanfinity::layering {

/// Paths relative to the source tree, as in "api/ingest.cc" and "log/log.h".
struct Include {
  std::string from;
  std::string to;
  bool operator==(const Include&) const = default;
};

/// The quoted includes of one file's text.
[[nodiscard]] std::vector<Include> includes_of(std::string_view from, std::string_view text);

/// The quoted includes of every .h and .cc file below `root`.
[[nodiscard]] std::vector<Include> read_include_graph(const std::filesystem::path& root);

/// base <- domain <- ports <- {http, api, pipeline} <- app. Adapters see their port, domain and base.
[[nodiscard]] bool may_include(std::string_view from, std::string_view to);

/// Those of `graph` that `may_include` forbids.
[[nodiscard]] std::vector<Include> violations(const std::vector<Include>& graph);

/// The files of one cycle, in order; empty when there is none.
[[nodiscard]] std::vector<std::string> find_cycle(const std::vector<Include>& graph);

}  // namespace fanfinity::layering
