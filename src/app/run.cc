#include "app/run.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/log_line.h"
#include "config/consistency.h"
#include "observe/json_log.h"

namespace fanfinity::app {
namespace {

base::Level level_of(const std::string& name) {
  if (name == "debug") return base::Level::kDebug;
  if (name == "warn") return base::Level::kWarn;
  if (name == "error") return base::Level::kError;
  return base::Level::kInfo;
}

/// What made the service stop by itself, if anything did.
class Fatal {
 public:
  void set(const base::Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }
  [[nodiscard]] std::optional<base::Error> get() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<base::Error> error_;
};

/// glibc gives threads up to eight arenas a core, and each keeps what its largest batch once took: dozens of
/// threads (librdkafka has one for each broker and handle) held ten times what was in use.
void bound_arenas() {
  constexpr unsigned kLeast = 4;
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(kLeast, std::thread::hardware_concurrency())));
}

}  // namespace

int run_service(const config::LoadedSettings& loaded, Role role) {
  const config::Settings& settings = loaded.settings;
  bound_arenas();

  // 1. Signals first, so that every thread made later leaves them to one.
  Signals signals;
  observe::install_json_log(level_of(settings.log_level));
  for (const std::string& warning : config::warnings(settings)) {
    base::log_line(base::Level::kWarn, warning);
  }

  // 2. The log, ClickHouse, the servers. What is wrong now is one sentence and exit code 1.
  Fatal fatal;
  Service service(settings, role, [&](const base::Error& error) {
    fatal.set(error);
    signals.request_stop();
  });
  if (const base::Status started = service.start(); !started) {
    complain(started.error().detail);
    return kFailed;
  }
  const bool api = role != Role::kConsumer;
  base::log_line(base::Level::kInfo, "listening",
                 {{"host", api ? settings.server.host : settings.consumer.host},
                  {"port", service.port()},
                  {"log", settings.kafka.bootstrap_servers.empty() ? settings.data_dir
                                                                   : settings.kafka.bootstrap_servers},
                  {"version", kVersion}});

  // 3. Until somebody says stop.
  signals.wait();

  // 4. Answer what is under way, store what was acknowledged, go.
  service.drain();
  if (const auto error = fatal.get()) {
    complain(error->detail);
    return kFailed;
  }
  base::log_line(base::Level::kInfo, "stopped");
  return kDone;
}

}  // namespace fanfinity::app
