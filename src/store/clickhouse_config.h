#pragma once
// The configuration of the embedded ClickHouse: its files, and the text that its process is given.

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/clickhouse_library.h"

namespace fanfinity::store {

/// The configuration as run_supervised_clickhouse reads it. kInvalid: a user, password or database that
/// cannot be.
[[nodiscard]] base::Result<std::string> encode(const ClickHouseLibraryConfig& config);
[[nodiscard]] base::Result<ClickHouseLibraryConfig> decode_library_config(std::string_view text);

/// Creates the directories and writes config/config.xml and config/users.xml, readable by this user only.
/// The path of the first. kUnavailable when the directory cannot be written.
[[nodiscard]] base::Result<std::filesystem::path> write_clickhouse_config(
    const ClickHouseLibraryConfig& config);

/// Writes `text` to `path` whole or not at all, readable by this user only.
[[nodiscard]] base::Status write_private_file(const std::filesystem::path& path, std::string_view text);

}  // namespace fanfinity::store
