#pragma once
// Log lines as JSON on standard error: {"time":"...Z","level":"info","message":"...", fields...}.

#include "base/log_line.h"

namespace fanfinity::observe {

/// Installs the sink for the whole process. An exception that nothing catches is logged as well, before it
/// ends the process.
void install_json_log(base::Level level);

}  // namespace fanfinity::observe
