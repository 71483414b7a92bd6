#pragma once
// What the service has promised to keep, in a file, so that it can be counted afterwards.

#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"

namespace fanfinity::bench {

/// Event ids, 16 bytes each, in no order. Thread-safe.
class AcknowledgedFile {
 public:
  [[nodiscard]] base::Status create(const std::string& path);
  ~AcknowledgedFile();

  void add(const std::vector<base::Uuid>& ids);
  /// Writes what is left. Says whether everything was written.
  [[nodiscard]] base::Status close();

 private:
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
  bool failed_ = false;
};

}  // namespace fanfinity::bench
