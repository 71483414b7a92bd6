#include "api/recent_ids.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace fanfinity::api {

std::uint32_t RecentIds::hash(std::string_view content) {
  return static_cast<std::uint32_t>(XXH3_64bits(content.data(), content.size()));
}

Known RecentIds::accept(const base::Uuid& id, std::uint32_t content_hash) {
  constexpr std::uint64_t kContent = 0xFF'FFFF;
  const std::uint64_t id_hash = id.hash();
  const std::uint64_t entry = (id_hash & ~kContent) | (content_hash & kContent);
  std::atomic<std::uint64_t>& slot = (*slots_)[id_hash % slots_->size()];
  const std::uint64_t before = slot.load(std::memory_order_relaxed);
  if (before == entry) return Known::kSame;
  if ((before & ~kContent) == (entry & ~kContent)) return Known::kDifferent;
  slot.store(entry, std::memory_order_relaxed);
  return Known::kNo;
}

}  // namespace fanfinity::api
