#include "api/stream_topic.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>

namespace fanfinity::api {
namespace {

constexpr std::string_view kAsOf = R"("asOf":")";
constexpr std::string_view kEnd = "\"}";
constexpr std::size_t kIdDigits = 16;

}  // namespace

std::optional<Snapshot> parse_snapshot(std::string_view body) {
  const std::size_t member = body.rfind(kAsOf);
  if (member == std::string_view::npos || member == 0 || !body.ends_with(kEnd)) return std::nullopt;
  Snapshot snapshot;
  snapshot.as_of = body.substr(member + kAsOf.size());
  snapshot.as_of.remove_suffix(kEnd.size());
  const std::string_view content = body.substr(0, member - 1);  // Without the comma, or the brace.
  if (content.empty()) return snapshot;
  const std::uint64_t hash = XXH64(content.data(), content.size(), 0);
  snapshot.state = hash == 0 ? 1 : hash;
  return snapshot;
}

http::FramePtr state_frame(std::string_view body, std::uint64_t state) {
  return std::make_shared<const http::Frame>(fmt::format("id: {:016x}\ndata: {}\n\n", state, body), state);
}

http::FramePtr heartbeat_frame(std::string_view as_of, bool store_available) {
  const std::string time = as_of.empty() ? "null" : fmt::format("\"{}\"", as_of);
  return std::make_shared<const http::Frame>(fmt::format(
      "event: heartbeat\ndata: {{\"asOf\":{},\"storeAvailable\":{}}}\n\n", time, store_available));
}

std::uint64_t parse_event_id(std::string_view text) {
  std::uint64_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, id, 16);
  return text.size() == kIdDigits && error == std::errc{} && at == end ? id : 0;
}

}  // namespace fanfinity::api
