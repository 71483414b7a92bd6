#pragma once
// Valid events drawn from a seeded generator, with texts that like the borders of the rules.

#include <random>
#include <string>

#include "domain/event.h"

namespace fanfinity::domain::tests {

using Random = std::mt19937_64;

/// Up to `max_bytes` of UTF-8; with `controls`, control characters too.
inline std::string random_text(Random& random, std::size_t max_bytes, bool controls) {
  static const std::string kPieces[] = {"a",   "Z", "7", " ",  "/",  "\"",      "\\",
                                        "\\n", "ü", "–", "日", "🏆", "\xC2\xA0"};
  static const std::string kControls[] = {std::string(1, '\0'), "\n", "\t", "\b", "\x1F", "\x7F", "\xC2\x80"};
  std::string text;
  const std::size_t wanted = random() % (max_bytes + 1);
  while (text.size() < wanted) {
    const std::string& piece = controls && random() % 5 == 0 ? kControls[random() % std::size(kControls)]
                                                             : kPieces[random() % std::size(kPieces)];
    if (text.size() + piece.size() > max_bytes) break;
    text += piece;
  }
  return text;
}

inline std::string random_json(Random& random, int depth) {
  static const std::string kScalars[] = {"0",    "-1.5e+300", "1e999",           "true",  "false",
                                         "null", R"("")",     R"("\u00e9\\\"")", "\"🏆\""};
  static const std::string kSpaces[] = {"", "", "", " ", "\n", "\t\r\n  "};
  const auto space = [&random] { return kSpaces[random() % std::size(kSpaces)]; };
  if (depth == 0 || random() % 3 == 0) return kScalars[random() % std::size(kScalars)];
  const bool object = random() % 2 == 0;
  std::string text = object ? "{" : "[";
  for (std::size_t i = random() % 4; i > 0; --i) {
    text += space();
    if (object) text += R"("k)" + std::to_string(random() % 2) + "\"" + space() + ":" + space();
    text += random_json(random, depth - 1) + space();
    if (i > 1) text += ',';
  }
  return text + (object ? "}" : "]");
}

inline Event random_event(Random& random) {
  Event event;
  for (auto& byte : event.id.bytes) byte = static_cast<std::uint8_t>(random());
  event.match_id = "m" + random_text(random, kMaxMatchIdBytes - 1, false);
  event.type = kAllEventTypes[random() % kAllEventTypes.size()];
  event.at = base::Timestamp{std::chrono::milliseconds{random() % 9'214'646'400'000U}};
  event.team = random() % 2 == 0 ? 1 : 2;
  if (random() % 2 == 0) event.player = random_text(random, kMaxPlayerIdBytes, true);
  if (random() % 2 == 0) event.metadata = R"({"a":)" + random_json(random, 5) + "}";
  return event;
}

}  // namespace fanfinity::domain::tests
