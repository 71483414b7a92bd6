#include "http/admission.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/log_line.h"
#include "http/body_decoder.h"

namespace fanfinity::http {
namespace {

// Connections beyond the limit that may exist at once, just long enough to be told.
constexpr std::size_t kRefusingConnections = 64;

constexpr std::size_t kMostHostShown = 255;

/// The time it takes tells how long the keys are, and nothing else about them.
bool knows(const std::vector<std::string>& keys, std::string_view key) {
  bool found = false;
  for (const std::string& known : keys) {
    found |= known.size() == key.size() && CRYPTO_memcmp(known.data(), key.data(), key.size()) == 0;
  }
  return found;
}

/// The key of `Bearer KEY` (RFC 6750); empty when there is none.
std::string_view bearer_key(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  const bool bearer =
      std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                 [](char want, char c) { return want == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); });
  if (!bearer) return {};
  authorization.remove_prefix(kScheme.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization;
}

Response challenge(int status, std::string_view detail, std::string_view parameters) {
  Response response = problem(status, detail);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"fanfinity\"" + std::string(parameters));
  return response;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// `accepted` may be a whole family of types: `application/*+json` (RFC 6839).
bool is_of(std::string_view type, std::string_view accepted) {
  if (type == accepted) return true;
  const std::size_t star = accepted.find('*');
  if (star == std::string_view::npos) return false;
  const std::string_view suffix = accepted.substr(star + 1);
  return type.size() >= accepted.size() && type.starts_with(accepted.substr(0, star)) &&
         type.ends_with(suffix);
}

}  // namespace

Admission::Admission(const ServerConfig& config)
    : max_connections_(config.max_connections),
      max_per_address_(config.max_connections_per_address > 0
                           ? config.max_connections_per_address
                           : std::max<std::size_t>(max_connections_ / 2, 1)),
      limits_loopback_(config.max_connections_per_address > 0),
      max_streams_(config.max_streams),
      max_buffered_(config.max_buffered_bytes),
      write_keys_(config.write_keys),
      read_keys_(config.read_keys),
      hosts_(config.allowed_hosts, config.host),
      proxies_(config),
      answers_(config.max_buffered_bytes) {
  if (config.rate_limit > 0) limiter_.emplace(config.rate_limit, config.rate_burst);
}

Admission::Entry Admission::enter(const ClientAddress& client) {
  const std::size_t all = connections_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t own = count_in(client);
  if (all > max_connections_ + kRefusingConnections || own > max_per_address_ + kRefusingConnections) {
    leave(client);
    return Entry::kDrop;
  }
  return all > max_connections_ || own > max_per_address_ ? Entry::kRefuse : Entry::kWelcome;
}

void Admission::leave(const ClientAddress& client) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  count_out(client);
}

bool Admission::is_counted(const ClientAddress& client) const {
  return client.known && !proxies_.trusts(client.address) &&
         (limits_loopback_ || !client.address.is_loopback());
}

bool Admission::at_limit(const ClientAddress& client) {
  if (!is_counted(client)) return false;
  const std::lock_guard lock(by_address_mutex_);
  const auto found = by_address_.find(client.bytes);
  return found != by_address_.end() && found->second >= max_per_address_;
}

std::size_t Admission::count_in(const ClientAddress& client) {
  if (!is_counted(client)) return 0;
  const std::lock_guard lock(by_address_mutex_);
  return ++by_address_[client.bytes];
}

void Admission::count_out(const ClientAddress& client) {
  if (!is_counted(client)) return;
  const std::lock_guard lock(by_address_mutex_);
  const auto found = by_address_.find(client.bytes);
  if (--found->second == 0) by_address_.erase(found);
}

bool Admission::enter_stream() {
  if (streams_.fetch_add(1, std::memory_order_relaxed) < max_streams_) return true;
  leave_stream();
  return false;
}

std::chrono::milliseconds Admission::spread(std::chrono::milliseconds least, std::chrono::milliseconds most) {
  // Multiples of the golden ratio, without their whole part, lie as evenly as can be however many there are.
  constexpr std::uint32_t kGoldenRatio = 0x9e3779b9U;
  const std::uint64_t share = spread_.fetch_add(kGoldenRatio, std::memory_order_relaxed);
  const auto span = static_cast<std::uint64_t>((most - least).count());
  return least + std::chrono::milliseconds(span * share >> 32U);
}

std::optional<Response> Admission::check_host(std::string_view host) const {
  if (hosts_.allow(host)) return std::nullopt;
  host = host.substr(0, kMostHostShown);
  if (!refused_host_.exchange(true, std::memory_order_relaxed)) {
    base::log_line(
        base::Level::kWarn,
        "Refused a request for a host name that is not in ALLOWED_HOSTS; later ones are not logged. "
        "If clients use this name, add it.",
        {{"host", host}});
  }
  return problem(421, "This server is not known as " + std::string(host) +
                          ". Use its address, or ask its operator to add the name to ALLOWED_HOSTS.");
}

std::optional<Response> Admission::check_rate(const ClientAddress& client, base::SteadyTime now) {
  if (!limiter_ || !client.known) return std::nullopt;
  const auto wait = limiter_->take(client, now);
  if (!wait) return std::nullopt;
  return problem_retry(429, "Too many requests from this address. Slow down.", *wait);
}

std::optional<Response> Admission::check_key(Access access, std::string_view authorization) const {
  const bool open = access == Access::kOpen || (access == Access::kRead && read_keys_.empty()) ||
                    (access == Access::kWrite && write_keys_.empty());
  if (open) return std::nullopt;
  const std::string_view key = bearer_key(authorization);
  if (key.empty()) return challenge(401, "This needs a key: send Authorization: Bearer KEY.", "");
  const bool may_write = knows(write_keys_, key);
  const bool may_read = may_write | knows(read_keys_, key);
  if (!may_read) return challenge(401, "The key is not known here.", ", error=\"invalid_token\"");
  if (access == Access::kWrite && !may_write) {
    return challenge(403, "The key may read but not write.", ", error=\"insufficient_scope\"");
  }
  return std::nullopt;
}

std::optional<Response> Admission::check_body(const Route& route, const RequestHead& head) {
  const bool body = head.framing != Framing::kNone;
  const auto& types = route.media_types;
  const bool typed = body || !head.content_type.empty();
  const auto is_sent = [&head](const std::string& type) { return is_of(head.content_type, type); };
  if (typed && !types.empty() && std::ranges::none_of(types, is_sent)) {
    Response response = problem(415, "The Content-Type must be one of: " + join(types) + ".");
    response.headers.emplace_back("Accept", join(types));
    return response;
  }
  const auto coding = parse_coding(head.content_encoding.value());
  if (!coding) {
    Response response = problem(415, "The Content-Encoding must be one of: gzip, zstd.");
    response.headers.emplace_back("Accept-Encoding", kAcceptedCodings);
    return response;
  }
  if (body && route.max_body == 0) return problem(413, "This resource takes no body.");
  if (head.content_length > encoded_limit(*coding, route.max_body)) {
    return problem(413, "The body may have at most " + std::to_string(route.max_body) + " bytes.");
  }
  return std::nullopt;
}

bool Admission::reserve(std::size_t bytes) {
  const std::size_t before = buffered_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= max_buffered_) return true;
  release(bytes);
  return false;
}

}  // namespace fanfinity::http
