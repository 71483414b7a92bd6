#pragma once
// The event store on ClickHouse.

#include <string>

#include "store/clickhouse_http.h"
#include "store/store.h"

namespace fanfinity::store {

/// `http` outlives it. The schema must be there (Migrator).
class ClickHouseStore final : public EventStore {
 public:
  /// `topic`: the name of the `events` stream, kept with every row.
  explicit ClickHouseStore(ClickHouseHttp& http, std::string topic = "events")
      : http_(http), topic_(std::move(topic)) {}

  base::Status insert(const Batch& batch, std::string_view token) override;
  base::Result<std::vector<StoredId>> find(std::span<const base::Uuid> ids, base::Timestamp since) override;
  base::Result<base::Timestamp> scan_ids(const IdRange& range, const Scanned& each) override;
  base::Result<std::optional<log::Offset>> highest_offset(log::PartitionId partition) override;

 private:
  /// Where a scan of this range begins (`IdRange::whole_up_to`).
  [[nodiscard]] base::Result<base::Timestamp> scan_begin(const IdRange& range);
  [[nodiscard]] base::Status insert_events(const Batch& batch, std::string_view token);
  [[nodiscard]] base::Status insert_response_times(const Batch& batch, std::string_view token);

  ClickHouseHttp& http_;
  const std::string topic_;
};

}  // namespace fanfinity::store
