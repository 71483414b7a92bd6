#pragma once
// Ids and their times as ClickHouse streams them in its Native format: blocks of whole columns, so that
// neither side handles values one by one. https://clickhouse.com/docs/interfaces/formats/Native

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace fanfinity::store {

/// Takes the answer to a query for the columns `event_id` and `received_at`, cut anywhere.
class IdBlocks {
 public:
  /// `each` outlives this.
  explicit IdBlocks(const EventStore::Scanned& each) : each_(each) {}

  /// The error of `each`, or kUnavailable when this is no such answer.
  [[nodiscard]] base::Status take(std::string_view bytes);
  /// Whether the answer ended with a block.
  [[nodiscard]] bool whole() const { return pending_.empty(); }

 private:
  /// The rows of the block at the front of `bytes`, and where its columns lie.
  struct Layout {
    std::size_t rows = 0;
    std::size_t ids = 0;    ///< Offset of the first column's values.
    std::size_t times = 0;  ///< Of the second one's.
    std::size_t end = 0;
  };
  enum class Front { kBlock, kIncomplete, kForeign };
  [[nodiscard]] static Front look(std::string_view bytes, Layout& layout);
  /// Hands out the blocks at the front of `bytes` that are complete and drops them from it.
  [[nodiscard]] base::Status hand_out(std::string_view& bytes);

  const EventStore::Scanned& each_;
  std::string pending_;     ///< The beginning of a block.
  std::size_t wanted_ = 0;  ///< Its length, as far as known.
  std::vector<ScannedId> ids_;
};

}  // namespace fanfinity::store
