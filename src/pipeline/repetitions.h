#pragma once
// What the workers of one consumer attempt again and again at this moment: the sign of a consumer that is
// alive and gets nowhere.

#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace fanfinity::pipeline {

/// Thread-safe.
class Repetitions {
 public:
  struct Repeated {
    base::SteadyTime since;
    base::Error error;  ///< Of the last attempt.
  };

  /// One operation, from its first attempt to its last: listed once an attempt has failed.
  class Operation {
   public:
    Operation(Repetitions& all, base::SteadyTime began) : all_(all), began_(began) {}
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    void failed(const base::Error& error);

   private:
    Repetitions& all_;
    const base::SteadyTime began_;
    std::optional<std::list<Repeated>::iterator> listed_;
  };

  /// The one that goes on for longest.
  [[nodiscard]] std::optional<Repeated> longest() const;

 private:
  mutable std::mutex mutex_;
  std::list<Repeated> listed_;
};

}  // namespace fanfinity::pipeline
