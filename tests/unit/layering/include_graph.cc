#include "unit/layering/include_graph.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>

namespace fanfinity::layering {
namespace {

enum class Layer {
  kBase,
  kDomain,
  kLogPort,
  kStorePort,
  kLogAdapter,
  kStoreAdapter,
  kHttp,
  kApi,
  kPipeline,
  kObserve,
  kConfig,
  kTools,
  kApp,
};

std::optional<Layer> layer_of(std::string_view file) {
  if (file == "main.cc") return Layer::kApp;
  if (file == "log/log.h" || file == "log/log.cc") return Layer::kLogPort;
  if (file == "store/store.h" || file == "store/store.cc" || file == "store/event_reader.h" ||
      file == "store/time_span.h" || file == "store/event_rows.h" || file == "store/event_rows.cc" ||
      file == "store/row_binary.h") {
    return Layer::kStorePort;
  }
  static const std::map<std::string_view, Layer> kFolders = {
      {"base", Layer::kBase},          {"domain", Layer::kDomain},   {"log", Layer::kLogAdapter},
      {"store", Layer::kStoreAdapter}, {"http", Layer::kHttp},       {"api", Layer::kApi},
      {"pipeline", Layer::kPipeline},  {"observe", Layer::kObserve}, {"config", Layer::kConfig},
      {"tools", Layer::kTools},        {"app", Layer::kApp}};
  const auto found = kFolders.find(file.substr(0, file.find('/')));
  if (found == kFolders.end()) return std::nullopt;
  return found->second;
}

bool is_one_of(Layer layer, std::initializer_list<Layer> layers) {
  return std::find(layers.begin(), layers.end(), layer) != layers.end();
}

/// What `from` may see beside itself.
bool may_see(Layer from, Layer to, std::string_view file) {
  const bool core = is_one_of(to, {Layer::kBase, Layer::kDomain});
  const bool core_or_port = core || is_one_of(to, {Layer::kLogPort, Layer::kStorePort});
  switch (from) {
    case Layer::kBase:
      return false;
    case Layer::kDomain:
    case Layer::kHttp:
    case Layer::kConfig:
      return to == Layer::kBase;
    case Layer::kLogPort:
      return core;
    case Layer::kStorePort:
      return core_or_port;
    case Layer::kLogAdapter:
      return core || to == Layer::kLogPort;
    case Layer::kStoreAdapter:
      return core || to == Layer::kStorePort;
    case Layer::kApi:
    case Layer::kTools:
      return core_or_port || to == Layer::kHttp;
    case Layer::kPipeline:
      return core_or_port;
    case Layer::kObserve:  // It implements what others declare to be observed by.
      return core_or_port || file == "pipeline/observer.h" || file == "api/observer.h" ||
             file == "http/http.h";
    case Layer::kApp:
      return true;
  }
  return false;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<Include> includes_of(std::string_view from, std::string_view text) {
  std::vector<Include> found;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    constexpr std::string_view kStart = "#include\"";
    if (!line.starts_with(kStart)) continue;
    const std::size_t end = line.find('"', kStart.size());
    found.push_back({std::string(from), line.substr(kStart.size(), end - kStart.size())});
  }
  return found;
}

std::vector<Include> read_include_graph(const std::filesystem::path& root) {
  std::vector<Include> graph;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const std::string from = std::filesystem::relative(entry.path(), root).generic_string();
    for (Include& include : includes_of(from, read_text(entry.path()))) graph.push_back(std::move(include));
  }
  return graph;
}

bool may_include(std::string_view from, std::string_view to) {
  const auto from_layer = layer_of(from);
  const auto to_layer = layer_of(to);
  if (!from_layer || !to_layer) return false;
  return *from_layer == *to_layer || may_see(*from_layer, *to_layer, to);
}

std::vector<Include> violations(const std::vector<Include>& graph) {
  std::vector<Include> found;
  std::copy_if(graph.begin(), graph.end(), std::back_inserter(found),
               [](const Include& include) { return !may_include(include.from, include.to); });
  return found;
}

std::vector<std::string> find_cycle(const std::vector<Include>& graph) {
  std::map<std::string, std::vector<std::string>> edges;
  for (const Include& include : graph) edges[include.from].push_back(include.to);
  // Files that lead to no cycle are taken away until none is left; what stays holds a cycle.
  for (bool changed = true; changed;) {
    changed = std::erase_if(edges, [&edges](const auto& node) {
                return std::none_of(node.second.begin(), node.second.end(),
                                    [&edges](const std::string& to) { return edges.contains(to); });
              }) > 0;
  }
  std::vector<std::string> path;
  if (edges.empty()) return path;
  std::string at = edges.begin()->first;
  while (std::find(path.begin(), path.end(), at) == path.end()) {
    path.push_back(at);
    const auto& next = edges.at(at);
    at = *std::find_if(next.begin(), next.end(),
                       [&edges](const std::string& to) { return edges.contains(to); });
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  return path;
}

}  // namespace fanfinity::layering
