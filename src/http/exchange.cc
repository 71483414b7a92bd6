#include "http/exchange.h"

#include <exception>
#include <utility>

#include "base/burst.h"
#include "base/log_line.h"
#include "http/connection.h"

namespace fanfinity::http {
namespace {

/// The exchange whose handler runs on this thread right now, and where its answer goes.
struct Running {
  const Exchange* exchange = nullptr;
  std::optional<Response>* answer = nullptr;
};
thread_local Running running;

Response no_answer() {
  return problem(500, "The service failed to answer this request.");
}

}  // namespace

void Mailbox::post(Letter letter) {
  {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) return;
    letters_.push_back(std::move(letter));
    if (letters_.size() > 1) return;  // Somebody has rung already, or is about to.
  }
  base::Burst::at_end([self = shared_from_this()] { self->ring(); });
}

void Mailbox::ring() {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) loop_->post([self = shared_from_this()] { self->deliver(); });
}

void Mailbox::deliver() {
  std::vector<Letter> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (Letter& letter : letters) {
    if (const auto connection = letter.to.lock())
      connection->on_answer(letter.serial, std::move(letter.response));
  }
}

void Mailbox::close() {
  std::vector<Letter> letters;  // Destroyed unlocked: what they hold may answer other requests.
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  letters.swap(letters_);
}

bool Reservation::grow_to(const std::shared_ptr<Admission>& admission, std::size_t bytes) {
  if (bytes <= bytes_) return true;
  if (!admission->reserve(bytes - bytes_)) return false;
  if (!admission_) admission_ = admission;
  bytes_ = bytes;
  return true;
}

Exchange::~Exchange() {
  if (!answered_.load(std::memory_order_acquire)) respond(no_answer());
}

void Exchange::arm(std::weak_ptr<Connection> connection, std::uint64_t serial,
                   std::shared_ptr<Mailbox> mailbox) {
  connection_ = std::move(connection);
  serial_ = serial;
  mailbox_ = std::move(mailbox);
  answered_.store(false, std::memory_order_release);
}

void Exchange::respond(Response response) {
  if (answered_.exchange(true, std::memory_order_acq_rel)) return;
  if (running.exchange == this) {
    *running.answer = std::move(response);
  } else {
    mailbox_->post({connection_, serial_, std::move(response), weak_from_this().lock()});
  }
}

std::optional<Response> Exchange::run(std::shared_ptr<Exchange> exchange, const Handler& handler) {
  std::optional<Response> answer;
  const Running outer = std::exchange(running, Running{exchange.get(), &answer});
  try {
    handler(exchange->request, Responder(exchange));
  } catch (const std::exception& error) {
    const Request& request = exchange->request;
    base::log_line(base::Level::kError, "request handler failed, please report this",
                   {{"path", request.path},
                    {"request_id", request.request_id},
                    {"trace_id", base::trace_id(request.traceparent)},
                    {"error", error.what()}});
    exchange->respond(no_answer());
  }
  running = Running{exchange.get(), &answer};
  exchange.reset();  // When this was the last reference, the request ends here, unanswered.
  running = outer;
  return answer;
}

}  // namespace fanfinity::http
