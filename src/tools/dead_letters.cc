#include "tools/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <memory>
#include <unordered_set>

#include "base/burst.h"
#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::tools {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kPage = 1'000;
constexpr std::chrono::seconds kProduceTimeout{30};

base::Timestamp died_at(const log::Record& record) {
  return record.failure && !record.failure->attempts.empty() ? record.failure->attempts.back().at
                                                             : record.received_at;
}

std::string_view reason_of(const log::Record& record) {
  if (!record.failure || record.failure->attempts.empty()) return "unknown";
  return record.failure->attempts.back().reason;
}

}  // namespace

base::Result<DeadLetters::Index> DeadLetters::index() {
  auto partitions = reader_.state(log::Stream::kDead);
  if (!partitions) return partitions.error();
  Index all;
  for (const log::PartitionState& partition : *partitions) {
    log::Position from{log::Stream::kDead, partition.partition, partition.begin};
    while (from.offset < partition.end) {
      auto fetched = reader_.read(from, {kPage, 8U << 20U, std::chrono::milliseconds(0)}, {});
      if (!fetched) return fetched.error();
      for (const log::FetchedRecord& one : fetched->records) {
        all.emplace_back(one.record.key, log::Position{from.stream, from.partition, one.offset});
      }
      if (fetched->next <= from.offset) break;
      from.offset = fetched->next;
    }
  }
  // The latest death of an id says why it is dead now.
  std::reverse(all.begin(), all.end());
  std::unordered_set<base::Uuid> seen;
  std::erase_if(all, [&seen](const auto& entry) { return !seen.insert(entry.first).second; });
  return all;
}

base::Result<DeadLetters::Index> DeadLetters::without_stored(std::span<const Index::value_type> some) {
  std::vector<base::Uuid> ids;
  ids.reserve(some.size());
  for (const auto& [id, position] : some) ids.push_back(id);
  auto stored = store_.find(ids, base::Timestamp{});  // Whenever it was.
  if (!stored) return stored.error();
  std::unordered_set<base::Uuid> alive;
  for (const store::StoredId& one : *stored) alive.insert(one.id);
  Index dead;
  for (const auto& entry : some) {
    if (!alive.contains(entry.first)) dead.push_back(entry);
  }
  return dead;
}

base::Result<DeadLetter> DeadLetters::read(const log::Position& at) {
  auto fetched = reader_.read(at, {1, 1U << 20U, std::chrono::milliseconds(0)}, {});
  if (!fetched) return fetched.error();
  if (fetched->records.empty() || fetched->records.front().offset != at.offset) {
    return Error{Errc::kNotFound, "The dead letter has been dropped meanwhile, for want of space."};
  }
  return DeadLetter{at, std::move(fetched->records.front().record)};
}

base::Result<std::vector<DeadLetter>> DeadLetters::list(std::size_t limit) {
  auto all = index();
  if (!all) return all.error();
  std::vector<DeadLetter> letters;
  const std::span<const Index::value_type> entries(*all);
  for (std::size_t at = 0; at < entries.size() && letters.size() < limit; at += kPage) {
    auto dead = without_stored(entries.subspan(at, std::min(kPage, entries.size() - at)));
    if (!dead) return dead.error();
    for (const auto& [id, position] : *dead) {
      if (letters.size() == limit) break;
      auto letter = read(position);
      if (letter.ok()) {
        letters.push_back(std::move(*letter));
      } else if (letter.error().code != Errc::kNotFound) {
        return letter.error();
      }
    }
  }
  return letters;
}

base::Result<DeadLetter> DeadLetters::show(const base::Uuid& id) {
  auto all = index();
  if (!all) return all.error();
  const auto found =
      std::find_if(all->begin(), all->end(), [&id](const auto& entry) { return entry.first == id; });
  if (found != all->end()) {
    auto dead = without_stored({&*found, 1});
    if (!dead) return dead.error();
    if (!dead->empty()) return read(found->second);
  }
  return Error{Errc::kNotFound, fmt::format("No dead letter has the id {}.", id.to_string())};
}

base::Result<std::uint64_t> DeadLetters::replay(std::span<const base::Uuid> ids) {
  auto all = index();
  if (!all) return all.error();
  const std::unordered_set<base::Uuid> wanted(ids.begin(), ids.end());
  if (!wanted.empty())
    std::erase_if(*all, [&wanted](const auto& entry) { return !wanted.contains(entry.first); });
  std::uint64_t replayed = 0;
  const std::span<const Index::value_type> entries(*all);
  for (std::size_t at = 0; at < entries.size(); at += kPage) {
    auto dead = without_stored(entries.subspan(at, std::min(kPage, entries.size() - at)));
    if (!dead) return dead.error();
    std::vector<log::Record> records;
    for (const auto& [id, position] : *dead) {
      auto letter = read(position);
      if (!letter) return letter.error();
      letter->record.failure.reset();
      records.push_back(std::move(letter->record));
    }
    if (records.empty()) continue;
    const std::size_t count = records.size();
    if (auto status = produce(std::move(records)); !status) return status.error();
    replayed += count;
  }
  return replayed;
}

base::Status DeadLetters::produce(std::vector<log::Record> records) {
  auto answered = std::make_shared<std::promise<base::Status>>();
  auto answer = answered->get_future();
  producer_.append(log::Stream::kEvents, std::move(records),
                   [answered](const base::Result<log::Producer::Ack>& ack) {
                     answered->set_value(ack.ok() ? base::Status{} : base::Status(ack.error()));
                   });
  base::Burst::flush();
  if (answer.wait_for(kProduceTimeout) != std::future_status::ready) {
    return Error{Errc::kUnknownOutcome,
                 "The log did not answer in time; run the replay again, nothing is counted twice."};
  }
  return answer.get();
}

std::string to_json(const DeadLetter& letter) {
  const log::Record& record = letter.record;
  std::string out =
      fmt::format(R"({{"eventId":"{}","diedAt":"{}","receivedAt":"{}","reason":)", record.key.to_string(),
                  base::format_rfc3339(died_at(record)), base::format_rfc3339(record.received_at));
  domain::append_json_string(reason_of(record), out);
  out += R"(,"attempts":[)";
  if (record.failure) {
    bool first = true;
    for (const log::FailedAttempt& attempt : record.failure->attempts) {
      if (!std::exchange(first, false)) out += ',';
      out += fmt::format(R"({{"at":"{}","reason":)", base::format_rfc3339(attempt.at));
      domain::append_json_string(attempt.reason, out);
      out += '}';
    }
    out += fmt::format(R"(],"origin":{{"partition":{},"offset":{}}})",
                       log::number(record.failure->origin.partition),
                       log::number(record.failure->origin.offset));
  } else {
    out += ']';
  }
  out += R"(,"event":)";
  // What is no event is told as text, so that the answer is JSON whatever arrived.
  if (std::holds_alternative<domain::Event>(domain::EventParser().parse_stored(record.value))) {
    out += record.value;
  } else {
    domain::append_json_string(record.value, out);
  }
  out += '}';
  return out;
}

std::string to_table(std::span<const DeadLetter> letters) {
  if (letters.empty()) return "No dead letters.\n";
  std::string out = fmt::format("{:<36}  {:<24}  {:>8}  {}\n", "EVENT", "DIED", "ATTEMPTS", "REASON");
  for (const DeadLetter& letter : letters) {
    std::string reason(reason_of(letter.record).substr(0, 160));
    std::replace_if(reason.begin(), reason.end(), [](unsigned char c) { return c < 0x20; }, ' ');
    out += fmt::format("{:<36}  {:<24}  {:>8}  {}\n", letter.record.key.to_string(),
                       base::format_rfc3339(died_at(letter.record)),
                       letter.record.failure ? letter.record.failure->attempts.size() : 0, reason);
  }
  return out;
}

}  // namespace fanfinity::tools
