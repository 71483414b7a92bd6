#pragma once
// The route table: which handler a method and a path lead to.

#include <string>
#include <string_view>
#include <vector>

#include "http/http.h"

namespace fanfinity::http {

class Router {
 public:
  enum class Outcome { kFound, kNotFound, kMethodNotAllowed, kBadEncoding };
  struct Match {
    Outcome outcome = Outcome::kNotFound;
    const Route* route = nullptr;
    std::string allow;  ///< For the Allow of a 405.
  };

  /// The first route that fits is taken, so fixed paths go before `{...}` ones.
  explicit Router(std::vector<Route> routes);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Segments are split first and percent-decoded then, so `a%2Fb` is one segment. A `{...}` takes any
  /// segment that is not empty; those go to `params`.
  [[nodiscard]] Match find(Method method, std::string_view path, std::vector<std::string>& params) const;

 private:
  struct Pattern {
    std::vector<std::string> segments;  ///< An empty one is a parameter.
    bool fixed = true;
  };
  [[nodiscard]] bool fits(std::size_t index, std::string_view path, const std::vector<std::string_view>& raw,
                          const std::vector<std::string>& decoded, std::vector<std::string>& params) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;
};

}  // namespace fanfinity::http
