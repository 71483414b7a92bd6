#include "observe/json_log.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::observe {
namespace {

std::string_view name_of(base::Level level) {
  switch (level) {
    case base::Level::kDebug:
      return "debug";
    case base::Level::kInfo:
      return "info";
    case base::Level::kWarn:
      return "warn";
    case base::Level::kError:
      return "error";
  }
  return "?";
}

struct AppendValue {
  std::string& out;
  void operator()(std::string_view text) const { domain::append_json_string(text, out); }
  void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(double number) const {
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    fmt::format_to(std::back_inserter(out), "{:.6g}", number);
  }
  void operator()(bool yes) const { out += yes ? "true" : "false"; }
};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made =
        std::make_shared<spdlog::logger>("fanfinity", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

void write(base::Level level, std::string_view message, std::initializer_list<base::Field> fields) {
  std::string line = R"({"time":")";
  base::append_rfc3339(base::system_clock().now(), line);
  line += R"(","level":")";
  line += name_of(level);
  line += R"(","message":)";
  domain::append_json_string(message, line);
  for (const base::Field& field : fields) {
    line += ',';
    domain::append_json_string(field.name, line);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  line += '}';
  logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

/// Nothing catches this exception, most likely for lack of memory. Going on with a step half done could lose
/// or double an event, while a restart cannot.
[[noreturn]] void end_by_exception() {
  static std::atomic_flag begun;
  if (begun.test_and_set()) std::abort();  // Not even this could be logged.
  std::array<char, 16> thread{};
  pthread_getname_np(pthread_self(), thread.data(), thread.size());
  std::string_view what = "unknown";
  const auto exception = std::current_exception();
  try {
    if (exception) std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  base::log_line(
      base::Level::kError,
      "The process ends because of an exception. Start it again: what was acknowledged is kept. If "
      "memory is short, add some.",
      {{"thread", thread.data()}, {"error", what}});
  std::abort();
}

}  // namespace

void install_json_log(base::Level level) {
  static_cast<void>(logger());
  base::set_log_sink(&write, level);
  std::set_terminate(&end_by_exception);
}

}  // namespace fanfinity::observe
