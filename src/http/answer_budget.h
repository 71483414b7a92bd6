#pragma once
// Memory of answers that clients have not taken yet. One budget for the whole server, thread-safe; it is
// asked only when a socket has no room for an answer.

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace fanfinity::http {

class AnswerBudget {
 public:
  using SharedBody = std::shared_ptr<const std::string>;

  /// Counts an answer until it is destroyed, which must be before the budget is.
  class Hold {
   public:
    Hold(AnswerBudget& budget, std::size_t own, SharedBody shared)
        : budget_(&budget), own_(own), shared_(std::move(shared)) {}
    Hold(Hold&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          own_(other.own_),
          shared_(std::move(other.shared_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (budget_ != nullptr) budget_->release(own_, shared_);
    }

   private:
    AnswerBudget* budget_;
    std::size_t own_;
    SharedBody shared_;
  };

  explicit AnswerBudget(std::size_t most) : most_(most) {}

  /// `own`: bytes of this answer alone. `shared`: a body that other answers may have as well, or null; it
  /// counts once however many of them wait. Nothing when that would be too much.
  [[nodiscard]] std::optional<Hold> hold(std::size_t own, const SharedBody& shared);

 private:
  void release(std::size_t own, const SharedBody& shared);

  const std::size_t most_;
  std::mutex mutex_;
  std::size_t used_ = 0;
  std::unordered_map<const std::string*, std::size_t> waiting_;  ///< How many answers wait with this body.
};

}  // namespace fanfinity::http
