#pragma once
// A store in memory with ClickHouse's habits and its bad days. Raw and every rollup are tables of their
// own, each with its own memory of tokens (one entry a token and month of received-at, the oldest
// forgotten), so that a half-applied insert looks here as it does there: repeated with the same token, it
// completes what is missing and leaves the rest. Thread-safe.

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "store/event_reader.h"
#include "store/store.h"

namespace fanfinity::fakes {

class MemoryStore final : public store::EventStore, public store::MetricsReader, public store::EventReader {
 public:
  /// How far a failing insert gets before it fails.
  enum class Reach {
    kNothing,     ///< No table.
    kFirstMonth,  ///< Raw rows of the earliest month only, no rollup.
    kRaw,         ///< Every raw row, no rollup.
    kMinutes,     ///< Raw and the rollup of minutes, but neither the one of matches nor response times.
    kEvents,      ///< Raw and the rollups of events, no response times.
    kEverything,  ///< All of it: only the answer is lost.
  };
  struct RawRow {
    store::EventRow row;
    log::PartitionId partition{};
  };
  struct Call {
    store::Batch batch;
    std::string token;
  };

  // -- Bad days ------------------------------------------------------------------------------------
  /// The next `count` inserts get as far as `reach` and then answer `code`.
  void fail_next_inserts(std::size_t count, base::Errc code, Reach reach) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < count; ++i) failures_.push_back({code, reach});
  }
  /// The next `count` inserts answer kUnknownOutcome and land only when land_late_inserts() is called.
  void delay_next_inserts(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    delayed_ += count;
  }
  /// Returns how many landed.
  std::size_t land_late_inserts() {
    const std::scoped_lock lock(mutex_);
    const std::size_t landed = late_.size();
    for (const auto& call : late_) apply(call.batch, call.token, Reach::kEverything);
    late_.clear();
    return landed;
  }
  /// An insert with a row for which this holds answers kRefused and writes nothing. Empty: none.
  void refuse_if(std::function<bool(const domain::Event&)> predicate) {
    const std::scoped_lock lock(mutex_);
    refuses_ = std::move(predicate);
  }
  /// While away everything answers kUnavailable.
  void set_available(bool available) {
    const std::scoped_lock lock(mutex_);
    available_ = available;
  }
  /// Entries each table remembers.
  void set_token_window(std::size_t entries) {
    const std::scoped_lock lock(mutex_);
    token_window_ = entries;
  }
  /// Called at the start of every insert, outside the lock; may block.
  void on_insert(std::function<void(const store::Batch&, std::string_view token)> hook) {
    const std::scoped_lock lock(mutex_);
    insert_hook_ = std::move(hook);
  }

  // -- What is in it -------------------------------------------------------------------------------
  /// Every insert that was asked for, refused and failed ones included.
  [[nodiscard]] std::vector<Call> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::vector<RawRow> raw() const {
    const std::scoped_lock lock(mutex_);
    return raw_;
  }
  [[nodiscard]] std::size_t raw_count(const base::Uuid& id) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count_if(raw_, [&](const RawRow& r) { return r.row.event.id == id; }));
  }
  [[nodiscard]] std::uint64_t response_time_count(const std::string& match_id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = response_times_.find(match_id);
    return found == response_times_.end() ? 0 : found->second.count();
  }
  /// Empty when every rollup of events equals a recount of raw, else what differs.
  [[nodiscard]] std::string rollup_difference() const {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, MatchRow> matches;
    std::map<std::string, std::map<MinuteKey, MinuteRow>> minutes;
    for (const auto& r : raw_) {
      add_to(matches[r.row.event.match_id], r.row);
      add_to(minutes[r.row.event.match_id][minute_key(r.row.event)], r.row.event);
    }
    if (matches != matches_) return "the rollup of matches differs from a recount of raw";
    if (minutes != minutes_) return "the rollup of minutes differs from a recount of raw";
    return {};
  }

  // -- store::EventStore ---------------------------------------------------------------------------
  base::Status insert(const store::Batch& batch, std::string_view token) override {
    std::function<void(const store::Batch&, std::string_view)> hook;
    {
      const std::scoped_lock lock(mutex_);
      calls_.push_back({batch, std::string(token)});
      hook = insert_hook_;
    }
    if (hook) hook(batch, token);
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    if (!failures_.empty()) {
      const auto failure = failures_.front();
      failures_.pop_front();
      apply(batch, token, failure.reach);
      return base::Error{failure.code, "the test made this insert fail"};
    }
    if (refuses_ &&
        std::ranges::any_of(batch.events.decoded(), [&](const auto& row) { return refuses_(row.event); })) {
      return base::Error{base::Errc::kRefused, "the test made this row be refused"};
    }
    if (delayed_ > 0) {
      --delayed_;
      late_.push_back({batch, std::string(token)});
      return base::Error{base::Errc::kUnknownOutcome, "the test made this insert land late"};
    }
    apply(batch, token, Reach::kEverything);
    return {};
  }

  base::Result<std::vector<store::StoredId>> find(std::span<const base::Uuid> ids,
                                                  base::Timestamp since) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    const std::set<base::Uuid> wanted(ids.begin(), ids.end());
    std::vector<store::StoredId> found;
    for (const auto& r : raw_) {
      if (r.row.received_at >= since && wanted.contains(r.row.event.id)) found.push_back(stored_id(r));
    }
    return found;
  }

  base::Result<base::Timestamp> scan_ids(const store::IdRange& range, const Scanned& each) override {
    base::Timestamp since;
    std::vector<store::ScannedId> found;
    {
      const std::scoped_lock lock(mutex_);
      if (!available_) return away();
      const bool whole = raw_.size() <= range.whole_up_to || std::ranges::none_of(raw_, [&](const auto& r) {
                           return r.row.received_at < range.since;
                         });
      if (!whole) since = range.since;
      for (const auto& r : raw_) {
        if (r.row.received_at < since) continue;
        const log::PartitionId home = log::partition_of(r.row.event.id.hash(), range.of);
        if (std::ranges::find(range.partitions, home) == range.partitions.end()) continue;
        found.push_back({r.row.event.id, r.row.received_at});
      }
    }
    constexpr std::size_t kChunk = 1'000;
    const std::span<const store::ScannedId> all(found);
    for (std::size_t i = 0; i < all.size(); i += kChunk) {
      auto taken = each(all.subspan(i, std::min(kChunk, all.size() - i)));
      if (!taken) return taken.error();
    }
    return since;
  }

  base::Result<std::optional<log::Offset>> highest_offset(log::PartitionId partition) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    std::optional<log::Offset> highest;
    for (const auto& r : raw_) {
      if (r.partition == partition && (!highest || *highest < r.row.offset)) highest = r.row.offset;
    }
    return highest;
  }

  // -- store::MetricsReader ------------------------------------------------------------------------
  base::Result<std::vector<domain::MatchMetrics>> metrics(std::span<const std::string> match_ids) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    std::vector<domain::MatchMetrics> all;
    for (const std::string& match_id : match_ids) {
      const auto found = minutes_.find(match_id);
      if (found == minutes_.end()) continue;
      domain::MatchMetrics& out = all.emplace_back();
      out.match_id = match_id;
      out.first_at = base::Timestamp::max();
      out.last_at = base::Timestamp::min();
      std::map<base::Timestamp, std::uint64_t> per_minute;
      for (const auto& [key, row] : found->second) {
        out.total += row.count;
        out.by_type[std::get<1>(key)] += row.count;
        out.first_at = std::min(out.first_at, row.first);
        out.last_at = std::max(out.last_at, row.last);
        per_minute[std::get<0>(key)] += row.count;
      }
      for (const auto& [minute, count] : per_minute) {
        if (count > out.peak.count) out.peak = {minute, count};
      }
      if (const auto times = response_times_.find(match_id); times != response_times_.end()) {
        out.response_times = times->second.percentiles();
      }
    }
    return all;
  }

  base::Result<domain::Timeline> timeline(const std::string& match_id, const store::TimeSpan& span) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    const auto found = minutes_.find(match_id);
    if (found == minutes_.end()) return not_found();
    domain::Timeline out;
    out.match_id = match_id;
    for (const auto& [key, row] : found->second) {
      if ((span.from && std::get<0>(key) < *span.from) || (span.to && std::get<0>(key) >= *span.to)) continue;
      out.cells.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), row.count});
    }
    return out;
  }

  base::Result<std::vector<domain::MatchSummary>> matches(const store::MatchQuery& query) override {
    const auto& after = query.after;
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    std::vector<domain::MatchSummary> all;
    for (const auto& [id, row] : matches_) {
      if (after && std::pair(-row.last_activity.time_since_epoch(), id) <=
                       std::pair(-after->last_activity.time_since_epoch(), after->match_id)) {
        continue;
      }
      const auto contained = [&id = id](const std::string& word) {
        const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
        return !std::ranges::search(id, word, same).empty();
      };
      if (!std::ranges::all_of(query.words, contained)) continue;
      all.push_back({id, row.total, row.goals, row.first, row.last, row.last_activity});
    }
    std::ranges::sort(all, [](const auto& a, const auto& b) {
      return std::pair(b.last_activity, std::cref(a.match_id).get()) <
             std::pair(a.last_activity, std::cref(b.match_id).get());
    });
    if (all.size() > query.limit) all.resize(query.limit);
    return all;
  }

  base::Status ping() override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    return {};
  }

  // -- store::EventReader --------------------------------------------------------------------------
  base::Result<std::vector<store::StoredEvent>> events(const store::EventQuery& query) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    if (!matches_.contains(query.match_id)) return not_found();
    const auto position = [](const domain::Event& event) { return std::pair(event.at, event.id); };
    std::vector<store::StoredEvent> found;
    for (const auto& [row, partition] : raw_) {
      const domain::Event& event = row.event;
      if (event.match_id != query.match_id || (query.team && event.team != *query.team) ||
          (query.player && event.player != query.player) ||
          (query.span.from && event.at < *query.span.from) || (query.span.to && event.at >= *query.span.to)) {
        continue;
      }
      if (!query.types.empty() && std::ranges::find(query.types, event.type) == query.types.end()) continue;
      if (query.after) {
        const std::pair after(query.after->at, query.after->id);
        if (query.latest_first ? position(event) >= after : position(event) <= after) continue;
      }
      found.push_back({event, row.received_at});
    }
    std::ranges::sort(found, [&](const auto& a, const auto& b) {
      return query.latest_first ? position(b.event) < position(a.event)
                                : position(a.event) < position(b.event);
    });
    if (found.size() > query.limit) found.resize(query.limit);
    return found;
  }

  base::Result<domain::Timeline> timeline(const store::FineTimelineQuery& query) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    domain::Timeline out{query.match_id, {}, {}, query.bucket};
    for (const auto& [row, partition] : raw_) {
      const domain::Event& event = row.event;
      if (event.match_id != query.match_id || event.at < query.from || event.at >= query.to) continue;
      out.cells.push_back({event.at, event.type, event.team, 1});
    }
    domain::widen(out, query.bucket);
    return out;
  }

  base::Result<domain::MatchPlayers> players(const std::string& match_id, std::size_t limit) override {
    const std::scoped_lock lock(mutex_);
    if (!available_) return away();
    if (!matches_.contains(match_id)) return not_found();
    domain::MatchPlayers out;
    out.match_id = match_id;
    std::map<std::pair<std::string, std::uint8_t>, domain::PlayerCounts> players;
    for (const auto& [row, partition] : raw_) {
      const domain::Event& event = row.event;
      if (event.match_id != match_id) continue;
      if (!event.player) {
        ++out.without_total;
        ++out.without_by_type[event.type];
        continue;
      }
      auto& player = players[{*event.player, event.team}];
      player.player = *event.player;
      player.team = event.team;
      ++player.total;
      ++player.by_type[event.type];
    }
    for (auto& [key, player] : players) out.players.push_back(std::move(player));
    std::ranges::stable_sort(out.players, std::greater(), &domain::PlayerCounts::total);
    if (out.players.size() > limit) out.players.resize(limit);
    return out;
  }

 private:
  using MinuteKey = std::tuple<base::Timestamp, domain::EventType, std::uint8_t>;
  struct MinuteRow {
    std::uint64_t count = 0;
    base::Timestamp first = base::Timestamp::max();
    base::Timestamp last = base::Timestamp::min();
    bool operator==(const MinuteRow&) const = default;
  };
  struct MatchRow {
    std::uint64_t total = 0;
    std::uint64_t goals = 0;
    base::Timestamp first = base::Timestamp::max();
    base::Timestamp last = base::Timestamp::min();
    base::Timestamp last_activity = base::Timestamp::min();
    bool operator==(const MatchRow&) const = default;
  };
  struct PlannedFailure {
    base::Errc code;
    Reach reach;
  };
  enum class Table : std::uint8_t { kRaw, kMinutes, kMatches, kResponseTimes };
  struct Tokens {
    std::set<std::string> known;
    std::deque<std::string> order;
  };

  static base::Error away() { return {base::Errc::kUnavailable, "the test took the store away"}; }
  static base::Error not_found() { return {base::Errc::kNotFound, "the match has no event"}; }
  static store::StoredId stored_id(const RawRow& r) {
    return {r.row.event.id, r.partition, r.row.offset, r.row.received_at};
  }
  static MinuteKey minute_key(const domain::Event& event) {
    return {std::chrono::floor<std::chrono::minutes>(event.at), event.type, event.team};
  }
  static void add_to(MinuteRow& row, const domain::Event& event) {
    ++row.count;
    row.first = std::min(row.first, event.at);
    row.last = std::max(row.last, event.at);
  }
  static void add_to(MatchRow& row, const store::EventRow& event) {
    ++row.total;
    row.goals += event.event.type == domain::EventType::kGoal ? 1U : 0U;
    row.first = std::min(row.first, event.event.at);
    row.last = std::max(row.last, event.event.at);
    row.last_activity = std::max(row.last_activity, event.received_at);
  }
  static int month_of(base::Timestamp at) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return static_cast<int>(day.year()) * 12 + static_cast<int>(static_cast<unsigned>(day.month()));
  }

  /// False when the table remembers the token for this part.
  bool claim(Table table, std::string_view token, int month) {
    auto& tokens = tokens_[table];
    std::string entry = std::to_string(month) + "/" + std::string(token);
    if (!tokens.known.insert(entry).second) return false;
    tokens.order.push_back(std::move(entry));
    while (tokens.order.size() > token_window_) {
      tokens.known.erase(tokens.order.front());
      tokens.order.pop_front();
    }
    return true;
  }

  void apply(const store::Batch& batch, std::string_view token, Reach reach) {
    if (reach == Reach::kNothing) return;
    std::map<int, std::vector<const store::EventRow*>> months;
    const std::vector<store::EventRow> all = batch.events.decoded();
    for (const auto& row : all) months[month_of(row.received_at)].push_back(&row);
    for (const auto& [month, rows] : months) {
      if (claim(Table::kRaw, token, month)) {
        for (const auto* row : rows) raw_.push_back({*row, batch.events.partition()});
      }
      if (reach == Reach::kFirstMonth) return;
    }
    if (reach == Reach::kRaw) return;
    for (const auto& [month, rows] : months) {
      if (!claim(Table::kMinutes, token, month)) continue;
      for (const auto* row : rows) add_to(minutes_[row->event.match_id][minute_key(row->event)], row->event);
    }
    if (reach == Reach::kMinutes) return;
    for (const auto& [month, rows] : months) {
      if (!claim(Table::kMatches, token, month)) continue;
      for (const auto* row : rows) add_to(matches_[row->event.match_id], *row);
    }
    if (reach == Reach::kEvents || batch.response_times.empty()) return;
    if (!claim(Table::kResponseTimes, token, 0)) return;
    for (const auto& record : batch.response_times) response_times_[record.match_id].merge(record.times);
  }

  mutable std::mutex mutex_;
  bool available_ = true;
  std::size_t token_window_ = 10'000;
  std::size_t delayed_ = 0;
  std::deque<PlannedFailure> failures_;
  std::deque<Call> late_;
  std::function<bool(const domain::Event&)> refuses_;
  std::function<void(const store::Batch&, std::string_view)> insert_hook_;
  std::vector<Call> calls_;
  std::map<Table, Tokens> tokens_;
  std::vector<RawRow> raw_;
  std::map<std::string, std::map<MinuteKey, MinuteRow>> minutes_;
  std::map<std::string, MatchRow> matches_;
  std::map<std::string, domain::ResponseTimes> response_times_;
};

}  // namespace fanfinity::fakes
