#pragma once
// How many partitions the topic of events has: agreed once, kept beside the rows (EXACTLY-ONCE C3).

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/clickhouse_http.h"

namespace fanfinity::store {

/// Needs the schema. Thread-safe; calls block.
class PartitionAgreement {
 public:
  /// `http` outlives it.
  PartitionAgreement(ClickHouseHttp& http, std::string topic) : http_(http), topic_(std::move(topic)) {}

  /// The first one to ask decides. kInvalid: another number was agreed on.
  [[nodiscard]] base::Status agree(std::uint32_t partitions);
  /// Empty while nobody has asked.
  [[nodiscard]] base::Result<std::optional<std::uint32_t>> agreed();
  /// Only while nobody produces or consumes.
  [[nodiscard]] base::Status change(std::uint32_t partitions);

 private:
  ClickHouseHttp& http_;
  const std::string topic_;
};

}  // namespace fanfinity::store
