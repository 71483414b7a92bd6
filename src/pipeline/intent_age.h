#pragma once
// How long inserts may have been made since an intent was announced (EXACTLY-ONCE C2): what counts is
// not the time on the clock but the time in which members lived, because only they fill the window of
// tokens. A machine that was switched off over night has an old intent and a window as it left it.

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "log/log.h"

namespace fanfinity::pipeline {

class IntentAge {
 public:
  /// Reads the last sign of life of the group: call before a worker of this process commits anything.
  void look(log::Reader& reader, base::Timestamp now);
  /// An upper bound of the time in which any member can have inserted since `announced`.
  [[nodiscard]] std::chrono::milliseconds of(base::Timestamp announced, base::Timestamp now) const;

 private:
  base::Timestamp looked_at_{};
  std::optional<base::Timestamp> last_sign_;  ///< Empty: unknown, so the group may have lived all along.
};

}  // namespace fanfinity::pipeline
