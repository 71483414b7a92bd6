#pragma once
// Cross-origin resource sharing (https://fetch.spec.whatwg.org/#http-cors-protocol): which pages of other
// origins may read answers. Keys travel in Authorization, never in cookies, so credentials are not allowed.

#include <string>
#include <string_view>
#include <vector>

#include "http/http.h"

namespace fanfinity::http {

class Cors {
 public:
  /// Origins as browsers send them ("https://example.org"), or the one item "*". Not empty.
  explicit Cors(const std::vector<std::string>& origins);

  /// The header lines of every answer to a request of `origin` (empty: it named none). Valid as long as this.
  [[nodiscard]] std::string_view lines_for(std::string_view origin) const;
  /// The answer to the question whether a request may be made, for a path that takes the methods `allow`
  /// (empty: there is nothing at the path, which the request itself will be told). Its `lines_for` are still
  /// to be added.
  [[nodiscard]] Response preflight(std::string_view origin, std::string allow) const;

 private:
  struct Allowed {
    std::string origin;
    std::string lines;
  };
  std::vector<Allowed> allowed_;
  std::string other_lines_;  ///< Of an origin that is not allowed, and of none.
};

}  // namespace fanfinity::http
