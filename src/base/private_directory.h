#pragma once
// Directories whose content is this user's alone, whatever the umask is or was.

#include <filesystem>
#include <system_error>

#include "base/result.h"

namespace fanfinity::base {

/// Makes `path` and what is missing above it, and leaves it to this user alone, also when it was there
/// before.
[[nodiscard]] std::error_code make_private_directory(const std::filesystem::path& path);

/// Makes FANFINITY_DATA_DIR where it is missing. One that was there keeps its mode, except that nobody else
/// may put other directories in the place of those in it. kUnavailable: it cannot be made.
[[nodiscard]] Status make_data_directory(const std::filesystem::path& path);

}  // namespace fanfinity::base
