#include "http/router.h"

#include <algorithm>
#include <utility>

#include "http/percent.h"

namespace fanfinity::http {
namespace {

constexpr std::size_t kMaxSegments = 16;

/// "/a//b" has the segments "a", "" and "b". Empty when there are too many.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    if (segments.size() == kMaxSegments) return {};
    path.remove_prefix(slash + 1);
  }
}

bool allows(Method route, Method asked) {
  return route == asked || (route == Method::kGet && asked == Method::kHead);
}

void add_allowed(Method method, std::string& allow) {
  const std::string_view names = method == Method::kGet ? "GET, HEAD" : "POST";
  if (allow.find(names) != std::string::npos) return;
  if (!allow.empty()) allow += ", ";
  allow += names;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (const Route& route : routes_) {
    Pattern pattern;
    for (const std::string_view segment : split(route.path)) {
      const bool parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
      pattern.fixed = pattern.fixed && !parameter;
      pattern.segments.emplace_back(parameter ? std::string_view() : segment);
    }
    // "/" has one segment, which is empty and no parameter.
    patterns_.push_back(std::move(pattern));
  }
}

bool Router::fits(std::size_t index, std::string_view path, const std::vector<std::string_view>& raw,
                  const std::vector<std::string>& decoded, std::vector<std::string>& params) const {
  const Pattern& pattern = patterns_[index];
  if (pattern.fixed && decoded.empty()) return routes_[index].path == path;
  if (pattern.segments.size() != raw.size()) return false;
  const auto segment = [&](std::size_t i) { return decoded.empty() ? raw[i] : std::string_view(decoded[i]); };
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool parameter = !pattern.fixed && pattern.segments[i].empty();
    if (parameter ? segment(i).empty() : segment(i) != pattern.segments[i]) return false;
  }
  params.clear();
  for (std::size_t i = 0; i < raw.size() && !pattern.fixed; ++i) {
    if (pattern.segments[i].empty()) params.emplace_back(segment(i));
  }
  return true;
}

Router::Match Router::find(Method method, std::string_view path, std::vector<std::string>& params) const {
  Match match;
  std::vector<std::string_view> raw;
  std::vector<std::string> decoded;
  if (path.find('%') != std::string_view::npos) {
    raw = split(path);
    for (const std::string_view segment : raw) {
      auto text = percent_decode(segment);
      if (!text) return {Outcome::kBadEncoding, nullptr, {}};
      decoded.push_back(std::move(*text));
    }
  }
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (raw.empty() && !patterns_[i].fixed && path.front() == '/') raw = split(path);
    if (!fits(i, path, raw, decoded, params)) continue;
    if (allows(routes_[i].method, method)) return {Outcome::kFound, &routes_[i], {}};
    match.outcome = Outcome::kMethodNotAllowed;
    add_allowed(routes_[i].method, match.allow);
  }
  if (match.outcome == Outcome::kMethodNotAllowed || path == "*") params.clear();
  return match;
}

}  // namespace fanfinity::http
