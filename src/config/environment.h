#pragma once
// Which variables of the environment are settings, and which only look like one.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fanfinity::config {

using Environment = std::map<std::string, std::string>;

/// Every variable of this process.
[[nodiscard]] Environment process_environment();

/// Whether Kubernetes made this variable for a Service of the cluster: for one called `server` every pod
/// gets SERVER_PORT=tcp://10.0.0.1:80, SERVER_SERVICE_HOST=10.0.0.1 and more.
/// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
[[nodiscard]] bool is_service_link(std::string_view name, std::string_view value);

/// Sentences about variables that are no settings.
struct NameCheck {
  std::vector<std::string> faults;    ///< One letter off a setting that is not given: not to be ignored.
  std::vector<std::string> warnings;  ///< Ignored, and named.
};

/// `settings`: every name that is read. `given`: those that have a value, as flags or variables.
[[nodiscard]] NameCheck check_names(const Environment& environment, const std::vector<std::string>& settings,
                                    const std::vector<std::string>& given);

}  // namespace fanfinity::config
