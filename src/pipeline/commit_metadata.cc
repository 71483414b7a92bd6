#include <charconv>
#include <chrono>

#include "pipeline/consumer.h"

namespace fanfinity::pipeline {
namespace {

constexpr std::string_view kVersion = "v1";

void append_field(std::string_view name, std::int64_t value, std::string& out) {
  out.append(";").append(name).append("=").append(std::to_string(value));
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

base::Timestamp moment(std::int64_t milliseconds) {
  return base::Timestamp{std::chrono::milliseconds(milliseconds)};
}

/// Each name at most once, none unknown: a commit that means something else must not be guessed at.
struct Fields {
  std::optional<std::int64_t> intent, at, as_of, now;

  bool set(std::string_view name, std::string_view text) {
    std::optional<std::int64_t>* field = nullptr;
    if (name == "intent") field = &intent;
    if (name == "at") field = &at;
    if (name == "asof") field = &as_of;
    if (name == "now") field = &now;
    if (field == nullptr || field->has_value()) return false;
    *field = parse_number(text);
    return field->has_value();
  }
  [[nodiscard]] bool complete() const { return as_of && now && intent.has_value() == at.has_value(); }
};

std::optional<Fields> parse_fields(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  text.remove_prefix(kVersion.size());
  Fields fields;
  while (!text.empty()) {
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    const std::string_view field = text.substr(0, text.find(';'));
    text.remove_prefix(field.size());
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!fields.set(field.substr(0, equals), field.substr(equals + 1))) return std::nullopt;
  }
  if (!fields.complete()) return std::nullopt;
  return fields;
}

}  // namespace

std::string CommitMetadata::encode() const {
  std::string out{kVersion};
  if (intent_end) {
    append_field("intent", log::number(*intent_end), out);
    append_field("at", intent_at.time_since_epoch().count(), out);
  }
  append_field("asof", as_of.time_since_epoch().count(), out);
  append_field("now", committed_at.time_since_epoch().count(), out);
  return out;
}

base::Result<std::optional<CommitMetadata>> CommitMetadata::decode(std::string_view text) {
  if (text.empty()) return std::optional<CommitMetadata>{};
  const std::optional<Fields> fields = parse_fields(text);
  if (!fields) {
    return base::Error{base::Errc::kCorrupt,
                       "The metadata of the group's commit, '" + std::string(text.substr(0, 200)) +
                           "', was not written by this program or by a newer version of it."};
  }
  CommitMetadata metadata;
  if (fields->intent) {
    metadata.intent_end = log::Offset{*fields->intent};
    metadata.intent_at = moment(*fields->at);
  }
  metadata.as_of = moment(*fields->as_of);
  metadata.committed_at = moment(*fields->now);
  return std::optional(metadata);
}

}  // namespace fanfinity::pipeline
