#pragma once
// The parameters of a query, read one by one. What is wrong with each is kept, so that all are named at once.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/event.h"
#include "http/http.h"
#include "store/time_span.h"

namespace fanfinity::api {

inline constexpr std::size_t kDefaultLimit = 50;
inline constexpr std::size_t kMaxLimit = 500;

/// `request` outlives it. Parameters nobody asks for are ignored; of one sent twice the first counts.
class Parameters {
 public:
  explicit Parameters(const http::Request& request) : request_(request) {}

  /// The first `{...}` of the path.
  [[nodiscard]] std::string match_id();
  /// `limit`.
  [[nodiscard]] std::size_t limit();
  /// `from` and `to`, RFC 3339.
  [[nodiscard]] store::TimeSpan span();
  /// The value of `name`, empty when it was not sent or when `parse` has none for it; then `detail` says why.
  template <typename T>
  [[nodiscard]] std::optional<T> value(std::string_view name,
                                       const std::function<std::optional<T>(std::string_view)>& parse,
                                       std::string_view detail) {
    const std::string* sent = request_.query_value(name);
    if (sent == nullptr) return std::nullopt;
    auto parsed = parse(*sent);
    if (!parsed) complain(name, std::string(detail));
    return parsed;
  }
  /// Every value of `name`, which may be sent many times, each time with values separated by commas.
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;

  void complain(std::string_view name, std::string detail) {
    problems_.push_back({std::string(name), std::move(detail)});
  }
  /// 400 that names every bad parameter; empty when all are fine.
  [[nodiscard]] std::optional<http::Response> refusal() const;

 private:
  const http::Request& request_;
  std::vector<http::FieldProblem> problems_;
};

}  // namespace fanfinity::api
