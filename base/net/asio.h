// Boost.Asio for the .cc files of base/net: the one place that knows what 1.74 needs before it
// compiles.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>  // boost/asio/awaitable.hpp uses std::exchange without it

namespace serin::net {
namespace asio = boost::asio;
}  // namespace serin::net
