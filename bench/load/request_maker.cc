#include "bench/load/request_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "bench/load/event_sample.h"

namespace fanfinity::bench {
namespace {

struct Prepared {
  std::string bytes;
  std::vector<std::size_t> ids;  // Where they begin.
};

std::string head(std::string_view path, std::string_view media_type, std::size_t body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                     path, media_type, body);
}

Prepared with_head(const std::string& head, const std::string& body, std::vector<std::size_t> ids) {
  for (std::size_t& at : ids) at += head.size();
  return {head + body, std::move(ids)};
}

Prepared prepare_event(const Ask& ask, std::uint64_t number) {
  std::string body;
  const std::size_t id = append_event_sample(number, match_name(ask.match, number % ask.matches), body);
  return with_head(head("/api/events", "application/json", body.size()), body, {id});
}

Prepared prepare_batch(const Ask& ask, std::uint64_t first) {
  const bool array = ask.kind == Ask::Kind::kArray;
  std::string body(array ? "[" : "");
  std::vector<std::size_t> ids;
  for (std::uint64_t number = first; number < first + ask.batch; ++number) {
    ids.push_back(append_event_sample(number, match_name(ask.match, number % ask.matches), body));
    body += array ? ',' : '\n';
  }
  if (array) body.back() = ']';
  return with_head(
      head("/api/events/batch", array ? "application/json" : "application/x-ndjson", body.size()), body, ids);
}

Prepared prepare_get(const Ask& ask, std::uint64_t number) {
  std::string path = ask.get_path;
  const std::string match = std::to_string(number % ask.matches);
  for (std::size_t at = 0; (at = path.find("{}", at)) != std::string::npos; at += match.size()) {
    path.replace(at, 2, match);
  }
  return {fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path), {}};
}

/// Goes round a ring of prepared requests; each time round they bear new ids.
class Ring final : public RequestMaker {
 public:
  Ring(std::vector<Prepared> ring, std::size_t first) : ring_(std::move(ring)), at_(first % ring_.size()) {}

  Request next() override {
    Prepared& prepared = ring_[at_];
    if (++at_ == ring_.size()) at_ = 0;
    const std::uint64_t first = next_id_;
    for (const std::size_t id : prepared.ids) ids()(next_id_++).format_to(prepared.bytes.data() + id);
    return {prepared.bytes, first, static_cast<std::uint32_t>(prepared.ids.size())};
  }

 private:
  std::vector<Prepared> ring_;
  std::size_t at_;
  std::uint64_t next_id_ = 0;
};

// More variety than that costs the generator its cache, and shows nothing new.
constexpr std::uint64_t kVariety = 64;
constexpr std::uint64_t kEnough = 2048;

}  // namespace

std::unique_ptr<RequestMaker> make_requests(const Ask& ask, std::uint32_t thread) {
  std::vector<Prepared> ring;
  std::uint64_t size = ask.matches;
  switch (ask.kind) {
    case Ask::Kind::kEvent:
      size *= std::clamp(kEnough / ask.matches, std::uint64_t{1}, kVariety);
      for (std::uint64_t number = 0; number < size; ++number) ring.push_back(prepare_event(ask, number));
      break;
    case Ask::Kind::kNdjson:
    case Ask::Kind::kArray:
      // Every match is met, and at least two requests are.
      size = std::max<std::uint64_t>(2, (ask.matches + ask.batch - 1) / ask.batch);
      for (std::uint64_t number = 0; number < size; ++number) {
        ring.push_back(prepare_batch(ask, number * ask.batch));
      }
      break;
    case Ask::Kind::kGet:
      for (std::uint64_t number = 0; number < size; ++number) ring.push_back(prepare_get(ask, number));
      break;
  }
  const std::size_t first = thread * ring.size() / 7;
  return std::make_unique<Ring>(std::move(ring), first);
}

}  // namespace fanfinity::bench
