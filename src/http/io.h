#pragma once
// Asio's types with their executor spelled out: the type-erased default costs an allocation here and a
// virtual call there on every operation.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>

namespace fanfinity::http {

using Executor = boost::asio::io_context::executor_type;
/// TCP and unix sockets alike.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
using Timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace fanfinity::http
