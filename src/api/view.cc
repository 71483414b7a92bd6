#include "api/view.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string_view>

#include "api/view_cache.h"
#include "base/rfc3339.h"

namespace fanfinity::api {
namespace {

constexpr std::string_view kAsOf = R"(,"asOf":")";

}  // namespace

http::Response view_problem(const base::Error& error) {
  if (error.code == base::Errc::kNotFound) return http::problem(404, "No event of this match is known.");
  if (error.code == base::Errc::kInvalid) return http::problem_of(error);
  return http::problem_of(error, "The numbers cannot be read at the moment. Try again shortly.");
}

void tag_view(http::Response& response) {
  const std::string& body = response.body;
  const std::size_t content = std::min(body.rfind(kAsOf), body.size());
  response.headers.emplace_back(kEtag, fmt::format("W/\"{:016x}\"", XXH64(body.data(), content, 0)));
}

void end_view(base::Timestamp as_of, http::Response& response) {
  response.body += kAsOf;
  base::append_rfc3339(as_of, response.body);
  response.body += "\"}";
  tag_view(response);
}

}  // namespace fanfinity::api
