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

/// Prints "fanfinity: SENTENCE" on standard error.
void complain(const std::string& sentence);

/// Adds the flags and makes the command run `body` with the settings; bad settings are wrong use.
void run_with_settings(CLI::App& command, int& exit_code,
                       const std::function<int(const config::LoadedSettings&)>& body);

}  // namespace fanfinity::app
