#pragma once
// The configuration files of the embedded ClickHouse.

#include "base/result.h"
#include "store/clickhouse_library.h"

namespace fanfinity::store {

/// Creates the directories and writes config/config.xml and config/users.xml, readable by this user only.
/// The path of the first. kUnavailable when the directory cannot be written.
[[nodiscard]] base::Result<std::filesystem::path> write_clickhouse_config(
    const ClickHouseLibraryConfig& config);

/// Writes `text` to `path` whole or not at all, readable by this user only.
[[nodiscard]] base::Status write_private_file(const std::filesystem::path& path, std::string_view text);

}  // namespace fanfinity::store
