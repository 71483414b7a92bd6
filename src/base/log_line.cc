#include "base/log_line.h"

#include <atomic>

namespace fanfinity::base {
namespace {
std::atomic<LogSink> g_sink{nullptr};
std::atomic<Level> g_level{Level::kInfo};
}  // namespace

void set_log_sink(LogSink sink, Level level) {
  g_level = level;
  g_sink = sink;
}

bool logs(Level level) {
  return g_sink.load(std::memory_order_relaxed) != nullptr &&
         level >= g_level.load(std::memory_order_relaxed);
}

void log_line(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logs(level)) return;
  g_sink.load()(level, message, fields);
}

}  // namespace fanfinity::base
