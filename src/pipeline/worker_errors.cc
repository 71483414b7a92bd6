#include "pipeline/worker_errors.h"

namespace fanfinity::pipeline {
namespace {

std::string text(log::Offset offset) {
  return std::to_string(log::number(offset));
}
std::string text(log::PartitionId partition) {
  return std::to_string(log::number(partition));
}

}  // namespace

base::Error offsets_missing(log::PartitionId partition, log::Offset highest) {
  return {base::Errc::kInvalid,
          "The group has no offset for partition " + text(partition) + " although rows up to its offset " +
              text(highest) +
              " are stored: reading from the start would count them twice. Restore the log that " +
              "belongs to this database, or set the group's offset to " + text(highest + 1) +
              ", or use an empty database."};
}

base::Error offsets_reset(log::PartitionId partition, log::Offset committed, log::Offset highest) {
  return {base::Errc::kInvalid,
          "The group's offset for partition " + text(partition) + " is " + text(committed) +
              " although rows up to its offset " + text(highest) +
              " are stored: it was set back, or the log was " + "replaced. Set the group's offset to " +
              text(highest + 1) +
              " or beyond, or use the log that belongs to this database, or an empty database."};
}

base::Error intent_too_old(log::PartitionId partition, log::Offset first, log::Offset end) {
  return {base::Errc::kInvalid,
          "The range [" + text(first) + ", " + text(end) + ") of partition " + text(partition) +
              " was announced so long ago that its insert token may be forgotten, and some of its rows are " +
              "stored: repeating it could count them twice. Compare the rows of this range in the raw table "
              "and " +
              "in the rollups, complete or delete them, then set the group's offset to " + text(end) + "."};
}

}  // namespace fanfinity::pipeline
