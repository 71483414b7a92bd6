#pragma once
// What the contract suite runs against: the fake, and a real ClickHouse.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/clickhouse_fixture.h"
#include "fakes/memory_store.h"
#include "store/clickhouse_events.h"
#include "store/clickhouse_metrics.h"
#include "store/clickhouse_store.h"

namespace fanfinity::store {

class StoreSubject {
 public:
  virtual ~StoreSubject() = default;
  virtual EventStore& events() = 0;
  virtual MetricsReader& metrics() = 0;
  virtual EventReader& raw() = 0;
};

class MemorySubject final : public StoreSubject {
 public:
  explicit MemorySubject(std::uint64_t token_window) { store_.set_token_window(token_window); }
  EventStore& events() override { return store_; }
  MetricsReader& metrics() override { return store_; }
  EventReader& raw() override { return store_; }

 private:
  fakes::MemoryStore store_;
};

class ClickHouseSubject final : public StoreSubject {
 public:
  explicit ClickHouseSubject(std::uint64_t token_window = 10'000)
      : database_(fakes::ClickHouseServer::shared(), {.token_window = token_window}) {}
  EventStore& events() override { return events_; }
  MetricsReader& metrics() override { return metrics_; }
  EventReader& raw() override { return raw_; }
  fakes::ClickHouseDatabase& database() { return database_; }

 private:
  fakes::ClickHouseDatabase database_;
  ClickHouseStore events_{database_.http()};
  ClickHouseMetrics metrics_{database_.http()};
  ClickHouseEvents raw_{database_.http()};
};

/// `text` as "2024-01-15 14:30:00.250".
[[nodiscard]] base::Timestamp at(std::string_view text);

/// One row with a random id; what is not said is a pass of team 1 at 14:30.
[[nodiscard]] EventRow event_row(std::string match, std::int64_t offset,
                                 domain::EventType type = domain::EventType::kPass,
                                 std::string_view event_time = "2024-01-15 14:30:00.000",
                                 std::string_view received_at = "2024-01-15 14:30:00.100",
                                 std::uint8_t team = 1);

[[nodiscard]] Batch batch_of(const std::vector<EventRow>& rows, std::uint32_t partition = 0);
/// Several rows, a second apart.
[[nodiscard]] Batch batch_of(std::string_view match, std::int64_t first, std::int64_t count,
                             std::uint32_t partition = 0);

[[nodiscard]] domain::ResponseTimesRecord response_times(std::string match, std::int16_t bucket,
                                                         std::uint64_t count);

}  // namespace fanfinity::store

#define ASSERT_OK(expression)                                                  \
  do {                                                                         \
    const auto& checked = (expression);                                        \
    ASSERT_TRUE(checked.ok()) << (checked.ok() ? "" : checked.error().detail); \
  } while (false)
