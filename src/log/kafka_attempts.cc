#include "log/kafka_attempts.h"

#include "base/rfc3339.h"
#include "domain/event_json.h"
#include "domain/json_text.h"

namespace fanfinity::log {
namespace {

/// Takes the pieces that attempts_text writes, and no others.
class Taker {
 public:
  explicit Taker(std::string_view text) : text_(text) {}

  bool take(std::string_view literal) {
    if (!text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  bool take_string(std::string& into) {
    if (!take("\"")) return false;
    std::size_t end = 0;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2U : 1U;
    if (end >= text_.size()) return false;
    const auto content = text_.substr(0, end);
    if (domain::check_escapes(content) != domain::EscapeCheck::kGood) return false;
    domain::append_unescaped(content, into);
    text_.remove_prefix(end + 1);
    return true;
  }
  bool take_attempt(FailedAttempt& attempt) {
    std::string at;
    if (!take(R"({"at":)") || !take_string(at) || !take(R"(,"reason":)") || !take_string(attempt.reason) ||
        !take("}")) {
      return false;
    }
    attempt.at = base::parse_rfc3339(at).value_or(base::Timestamp{});
    return true;
  }
  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::string attempts_text(const std::vector<FailedAttempt>& attempts) {
  std::string text = "[";
  for (const auto& attempt : attempts) {
    if (text.size() > 1) text += ',';
    text += R"({"at":")";
    base::append_rfc3339(attempt.at, text);
    text += R"(","reason":)";
    domain::append_json_string(attempt.reason, text);
    text += '}';
  }
  text += ']';
  return text;
}

std::optional<std::vector<FailedAttempt>> parse_attempts(std::string_view text) {
  std::vector<FailedAttempt> attempts;
  Taker taker(text);
  if (!taker.take("[")) return std::nullopt;
  while (!taker.take("]")) {
    if (!attempts.empty() && !taker.take(",")) return std::nullopt;
    if (!taker.take_attempt(attempts.emplace_back())) return std::nullopt;
  }
  if (!taker.at_end()) return std::nullopt;
  return attempts;
}

}  // namespace fanfinity::log
