#pragma once
// What a killed ClickHouse may have left half done, and cannot see itself.

#include <cstddef>
#include <filesystem>

#include "base/result.h"

namespace fanfinity::store {

/// A plain MergeTree table writes an insert token into its deduplication log first and gives the part its
/// name after that. Killed in between, ClickHouse takes the repeated insert for done although its rows are
/// nowhere. Forgets every token whose part is not there, neither by itself nor merged into another. How many.
/// A line that was cut off counts as one of them: left there, it would hide every line after it.
///
/// `data`: ClickHouse's own directory, in which store/*/*/deduplication_logs/ lie; nobody else may have it
/// open. A token whose part was removed on purpose (retention) is forgotten as well: it is older than any
/// intent.
[[nodiscard]] base::Result<std::size_t> forget_tokens_without_part(const std::filesystem::path& data);

}  // namespace fanfinity::store
