#include "app/run.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <iterator>
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

/// glibc gives threads up to eight arenas a core, and each keeps what its largest batch once took: dozens of
/// threads (librdkafka has one for each broker and handle) held ten times what was in use.
void bound_arenas() {
  constexpr unsigned kLeast = 4;
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(kLeast, std::thread::hardware_concurrency())));
}

void log_warnings(const config::LoadedSettings& loaded, bool api) {
  auto all = loaded.warnings;
  if (api) std::ranges::move(config::server_warnings(loaded.settings.server), std::back_inserter(all));
  for (const std::string& warning : all) {
    base::log_line(base::Level::kWarn, "setting questioned", {{"detail", warning}});
  }
}

/// 1 where another try may go better; 2 where the operator must change something first.
int exit_code_of(const base::Error& error) {
  const bool configured = error.code == base::Errc::kInvalid || error.code == base::Errc::kNotFound;
  return configured ? kWrongUse : kFailed;
}

void log_listening(const config::Settings& settings, bool api, std::uint16_t port) {
  base::log_line(base::Level::kInfo, "listening",
                 {{"host", api ? settings.server.host : settings.consumer.host},
                  {"port", port},
                  {"log", settings.kafka.bootstrap_servers.empty() ? settings.data_dir
                                                                   : settings.kafka.bootstrap_servers},
                  {"version", kVersion}});
}

/// The life of a service. Its exit code.
int serve(const config::LoadedSettings& loaded, Role role, Signals& signals) {
  const bool api = role != Role::kConsumer;
  std::atomic<bool> failed{false};
  Service service(loaded.settings, role, [&](const base::Error& error) {
    if (failed.exchange(true)) return;
    report_failed_start(error.detail);
    signals.fail();
  });

  // 2. What can be found wrong at once, before anything is started or said.
  base::Status started = service.check(signals.stop());
  if (started) {
    log_warnings(loaded, api);
    // 3. ClickHouse, the servers.
    started = service.start(signals.stop());
  }
  if (!started && !signals.stop().stop_requested()) {
    report_failed_start(started.error().detail);
    signals.fail();  // What was started meanwhile ends in time as well.
    return exit_code_of(started.error());
  }
  if (started) {
    log_listening(loaded.settings, api, service.port());
    // 4. Until a signal comes.
    signals.wait();
    // 5. Answer what is under way, store what was acknowledged, go.
    service.drain(signals.deadline());
  }
  return failed ? kFailed : kDone;
}

}  // namespace

int run_service(const config::LoadedSettings& loaded, Role role) {
  bound_arenas();
  // 1. Signals first, so that every thread made later leaves them to one.
  Signals signals(loaded.settings.server.drain_timeout);
  observe::install_json_log(level_of(loaded.settings.log_level));
  const int code = serve(loaded, role, signals);
  if (code == kDone) base::log_line(base::Level::kInfo, "stopped");
  return code;
}

}  // namespace fanfinity::app
