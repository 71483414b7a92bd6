#pragma once
// One process of the service, from its settings to its exit code: what up, server and consumer share.

#include "app/service.h"
#include "config/options.h"

namespace fanfinity::app {

[[nodiscard]] int run_service(const config::LoadedSettings& loaded, Role role);

}  // namespace fanfinity::app
