#pragma once
// Every setting as a flag of a command, and the settings in force when the command runs.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "config/options.h"

namespace CLI {
class App;
}

namespace fanfinity::app {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUse = 2;

/// Prints "fanfinity: SENTENCE" on standard error, for each line of `sentences`.
void complain(const std::string& sentences);

/// Why a process of the service did not start: a log line for each line of `sentences`, like all that it
/// would have logged. On a terminal the plain sentences come first.
void report_failed_start(const std::string& sentences);

/// Adds the flags and makes the command run `body` with the settings. Bad settings are wrong use, and
/// `report` says so.
void run_with_settings(CLI::App& command, int& exit_code,
                       const std::function<int(const config::LoadedSettings&)>& body,
                       const std::function<void(const std::string&)>& report = complain);

}  // namespace fanfinity::app
