#pragma once
// Structured log lines. Code anywhere says what happened with `log_line`; the process decides once,
// at start, where lines go (src/observe installs a JSON sink). Without a sink, nothing is written.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace fanfinity::base {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <typename Int>
    requires std::is_integral_v<Int>
  Field(std::string_view n, Int v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

using LogSink = void (*)(Level, std::string_view message, std::initializer_list<Field> fields);

/// Lines below `level` are dropped before their sink is called. Call before threads start.
void set_log_sink(LogSink sink, Level level);
[[nodiscard]] bool logs(Level level);
/// Thread-safe. `message` is constant, lower-case, without a full stop, and says what happened ("batch
/// stored"); what varies goes into fields.
void log_line(Level level, std::string_view message, std::initializer_list<Field> fields = {});

/// The part of a W3C traceparent that names the trace, for the field "trace_id"; empty when there is none.
[[nodiscard]] inline std::string_view trace_id(std::string_view traceparent) {
  constexpr std::size_t kVersion = 3;  // "00-"
  constexpr std::size_t kTraceId = 32;
  return traceparent.size() < kVersion + kTraceId ? std::string_view()
                                                  : traceparent.substr(kVersion, kTraceId);
}

}  // namespace fanfinity::base
