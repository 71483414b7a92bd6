#pragma once
// The JSON of an event as a sender would write it, one member at a time.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfinity::domain::tests {

/// The example of the contract, whose members a test replaces, drops or adds.
class SentEvent {
 public:
  /// `raw` is JSON: a text needs its quotes.
  SentEvent& with(std::string_view name, std::string_view raw) {
    for (auto& [known, value] : members_) {
      if (known != name) continue;
      value = raw;
      return *this;
    }
    return and_also(name, raw);
  }
  /// Adds a member even when one of its name is there.
  SentEvent& and_also(std::string_view name, std::string_view raw) {
    members_.emplace_back(name, raw);
    return *this;
  }
  SentEvent& without(std::string_view name) {
    std::erase_if(members_, [name](const auto& member) { return member.first == name; });
    return *this;
  }

  [[nodiscard]] std::string json() const {
    std::string text = "{";
    for (const auto& [name, raw] : members_) {
      if (text.size() > 1) text += ',';
      text += '"';
      text += name;
      text += "\":";
      text += raw;
    }
    return text + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_ = {
      {"eventId", R"("550e8400-e29b-41d4-a716-446655440000")"},
      {"matchId", R"("match-123")"},
      {"eventType", R"("goal")"},
      {"timestamp", R"("2024-01-15T14:30:00Z")"},
      {"teamId", "1"},
      {"playerId", R"("player-456")"},
      {"metadata", R"({"minute":45,"scorer":"Player Name"})"},
  };
};

inline std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace fanfinity::domain::tests
