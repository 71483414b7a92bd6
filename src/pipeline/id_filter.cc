#include "pipeline/id_filter.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace fanfinity::pipeline {
namespace {

constexpr std::size_t kFirstSliceBytes = 1U << 20U;
constexpr std::size_t kGrowth = 4;
// No slice is larger than this part of the share, or so much would have to grow old before any of it
// can be dropped.
constexpr std::size_t kSlicesInShare = 4;
// One new id in 600,000 is a "maybe", so that even the largest batch rarely asks ClickHouse, whose answer
// takes the longer the more it holds. When a quarter of the share is taken the rest has to last: one in
// 4,000 when all of it is full.
constexpr std::size_t kBitsPerId = 48;
constexpr std::size_t kFewBitsPerId = 20;
// An overfull filter asks for memory again only now and then.
constexpr std::uint64_t kAskEvery = 1024;
// So many ids are looked for at a time, that the memory of all is on its way before the first is needed.
constexpr std::size_t kIdsAtOnce = 16;
constexpr std::size_t kWordsPerBlock = BloomSlice::kBlockBytes / sizeof(std::uint64_t);

/// Ids of a partition share the remainder of their hash, so the hash itself is a poor index
/// (finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

std::uint64_t bit_of_word(std::uint64_t bits, std::size_t word) {
  return std::uint64_t{1} << ((bits >> (6 * word)) & 63U);
}

}  // namespace

void FilterBudget::join() {
  const std::scoped_lock lock(mutex_);
  ++filters_;
}

void FilterBudget::leave(std::size_t held) {
  const std::scoped_lock lock(mutex_);
  assert(filters_ > 0 && taken_ >= held);
  --filters_;
  taken_ -= held;
}

std::size_t FilterBudget::share() const {
  const std::scoped_lock lock(mutex_);
  return total_ / std::max<std::size_t>(filters_, 1);
}

std::uint64_t FilterBudget::ids_in_half() const {
  return std::uint64_t{total_} / 2 * 8 / kBitsPerId;
}

bool FilterBudget::take(std::size_t held, std::size_t more) {
  const std::scoped_lock lock(mutex_);
  const std::size_t share = total_ / std::max<std::size_t>(filters_, 1);
  if (held + more > share || taken_ + more > total_) return false;
  taken_ += more;
  return true;
}

void FilterBudget::give_back(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  assert(taken_ >= bytes);
  taken_ -= bytes;
}

BloomSlice::BloomSlice(std::size_t bytes, std::size_t bits_per_id)
    : blocks_(bytes / kBlockBytes),
      words_(base::zeroed_words(blocks_ * kWordsPerBlock)),
      capacity_(blocks_ * kBlockBytes * 8 / bits_per_id) {
  assert(blocks_ > 0);
}

std::size_t BloomSlice::block_of(std::uint64_t hash) const {
  return ((hash >> 32U) * blocks_ >> 32U) * kWordsPerBlock;
}

void BloomSlice::add(std::uint64_t hash, base::Timestamp received_at) {
  const std::size_t block = block_of(hash);
  const std::uint64_t bits = mix(hash);
  for (std::size_t i = 0; i < kWordsPerBlock; ++i) words_[block + i] |= bit_of_word(bits, i);
  newest_ = std::max(newest_, received_at);
  ++ids_;
}

bool BloomSlice::may_hold(std::uint64_t hash) const {
  const std::size_t block = block_of(hash);
  const std::uint64_t bits = mix(hash);
  for (std::size_t i = 0; i < kWordsPerBlock; ++i) {
    if ((words_[block + i] & bit_of_word(bits, i)) == 0) return false;
  }
  return true;
}

IdFilter::IdFilter(FilterBudget& budget, std::chrono::milliseconds window, base::Timestamp since)
    : budget_(budget), window_(window), since_(since) {
  budget_.join();
}

IdFilter::~IdFilter() {
  budget_.leave(bytes_);
}

std::size_t IdFilter::next_slice_bytes() const {
  const std::size_t wanted = slices_.empty() ? kFirstSliceBytes : slices_.back().bytes() * kGrowth;
  const std::size_t share = budget_.share();
  const std::size_t left = share - std::min(share, bytes_);
  return std::min({wanted, share / kSlicesInShare, left}) / BloomSlice::kBlockBytes * BloomSlice::kBlockBytes;
}

BloomSlice* IdFilter::open_slice() {
  BloomSlice* last = slices_.empty() ? nullptr : &slices_.back();
  if (last != nullptr && !last->full()) return last;
  if (last != nullptr && overfull_adds_++ % kAskEvery != 0) return last;
  const std::size_t bytes = next_slice_bytes();
  if (bytes == 0 || !budget_.take(bytes_, bytes)) return last;
  bytes_ += bytes;
  overfull_adds_ = 0;
  return &slices_.emplace_back(bytes, 4 * bytes_ <= budget_.share() ? kBitsPerId : kFewBitsPerId);
}

void IdFilter::add(const base::Uuid& id, base::Timestamp received_at) {
  add(mix(id.hash()), received_at);
}

void IdFilter::add(std::uint64_t hash, base::Timestamp received_at) {
  BloomSlice* slice = open_slice();
  if (slice == nullptr) {
    incomplete_ = true;
    return;
  }
  slice->add(hash, received_at);
}

void IdFilter::add(std::span<const store::EventKey> rows) {
  std::array<std::uint64_t, kIdsAtOnce> hashes{};
  for (; !rows.empty(); rows = rows.subspan(std::min(rows.size(), kIdsAtOnce))) {
    const auto some = rows.first(std::min(rows.size(), kIdsAtOnce));
    for (std::size_t i = 0; i < some.size(); ++i) {
      hashes[i] = mix(some[i].id.hash());
      if (!slices_.empty()) slices_.back().prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < some.size(); ++i) add(hashes[i], some[i].received_at);
  }
}

bool IdFilter::may_hold(const base::Uuid& id, base::Timestamp received_at) const {
  return may_hold(mix(id.hash()), received_at - window_);
}

bool IdFilter::may_hold(std::uint64_t hash, base::Timestamp known_since) const {
  if (incomplete_ || known_since < since_) return true;
  return std::any_of(slices_.begin(), slices_.end(),
                     [hash](const BloomSlice& slice) { return slice.may_hold(hash); });
}

std::vector<store::EventKey> IdFilter::maybes(std::span<const store::EventKey> rows) const {
  std::vector<store::EventKey> found;
  std::array<std::uint64_t, kIdsAtOnce> hashes{};
  for (; !rows.empty(); rows = rows.subspan(std::min(rows.size(), kIdsAtOnce))) {
    const auto some = rows.first(std::min(rows.size(), kIdsAtOnce));
    for (std::size_t i = 0; i < some.size(); ++i) {
      hashes[i] = mix(some[i].id.hash());
      for (const BloomSlice& slice : slices_) slice.prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (may_hold(hashes[i], known_since(some[i], window_))) found.push_back(some[i]);
    }
  }
  return found;
}

void IdFilter::forget_before(base::Timestamp horizon) {
  std::erase_if(slices_, [this, horizon](const BloomSlice& slice) {
    if (slice.newest() >= horizon) return false;
    since_ = std::max(since_, slice.newest() + std::chrono::milliseconds(1));
    bytes_ -= slice.bytes();
    budget_.give_back(slice.bytes());
    return true;
  });
}

std::uint64_t IdFilter::ids() const {
  std::uint64_t sum = 0;
  for (const BloomSlice& slice : slices_) sum += slice.ids();
  return sum;
}

}  // namespace fanfinity::pipeline
