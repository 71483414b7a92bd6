#include "domain/canonical_event.h"

#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "domain/json_walk.h"

namespace fanfinity::domain {
namespace {

/// Characters that stand for themselves in JSON and that an identifier may hold.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr auto kPlain = make_plain();

/// Takes what must stand next; after something else did, nothing more.
class Expected {
 public:
  explicit Expected(std::string_view text) : rest_(text) {}

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// Takes a string up to and with its closing quote.
  bool take_text(std::string_view& text) {
    std::size_t end = 0;
    while (end < rest_.size() && kPlain[static_cast<unsigned char>(rest_[end])]) ++end;
    if (end == rest_.size() || rest_[end] != '"') return false;
    text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Whether `text` is one object and nothing around it, fit to stand inside an event.
bool is_object(std::string_view text, JsonIndex& index) {
  if (!text.starts_with('{') || index.build(text)) return false;
  JsonWalk walk(text, index);
  std::string_view raw;
  return walk.take_value(1, raw) && walk.at_end() && raw.size() == text.size() &&
         walk.take_flaw() == JsonFlaw::kNone;
}

bool read_head(Expected& json, Event& into) {
  std::string_view id;
  std::string_view match;
  std::string_view type;
  std::string_view at;
  if (!json.take(R"({"eventId":")") || !json.take_text(id) || !json.take(R"(,"matchId":")") ||
      !json.take_text(match) || !json.take(R"(,"eventType":")") || !json.take_text(type) ||
      !json.take(R"(,"timestamp":")") || !json.take_text(at)) {
    return false;
  }
  const auto uuid = base::Uuid::parse(id);
  const auto event_type = parse_event_type(type);
  const auto moment = base::parse_rfc3339(at);
  if (!uuid || !event_type || !moment || match.empty() || match.size() > kMaxMatchIdBytes) return false;
  into.id = *uuid;
  into.match_id = match;
  into.type = *event_type;
  into.at = *moment;
  return true;
}

}  // namespace

bool read_canonical_event(std::string_view json, JsonIndex& index, Event& into) {
  Expected expected(json);
  if (!read_head(expected, into)) return false;
  const bool first_team = expected.take(R"(,"teamId":1)");
  if (!first_team && !expected.take(R"(,"teamId":2)")) return false;
  into.team = first_team ? 1 : 2;
  if (expected.take(R"(,"playerId":")")) {
    std::string_view player;
    if (!expected.take_text(player) || player.size() > kMaxPlayerIdBytes) return false;
    if (!into.player) into.player.emplace();
    *into.player = player;
  } else {
    into.player.reset();
  }
  into.metadata.clear();
  if (expected.take(R"(,"metadata":)")) {
    const std::string_view rest = expected.rest();
    const std::string_view metadata = rest.substr(0, rest.size() - std::min<std::size_t>(rest.size(), 1));
    if (!rest.ends_with('}') || !is_object(metadata, index)) return false;
    into.metadata = metadata;
    return true;
  }
  return expected.rest() == "}";
}

}  // namespace fanfinity::domain
