#include "examples/demo/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>

#include "base/assert.h"
#include "examples/demo/http_message.h"

namespace serin::demo {
namespace {

Status in_range(const char* flag, double value, double above, double most) {
  if (value > above && value <= most) return {};
  return fail(Code::invalid_argument, std::string(flag) + ": " + std::to_string(value) +
                                          " is not above " + std::to_string(above) +
                                          " and at most " + std::to_string(most));
}

}  // namespace

Status read_url(const std::string& url, LoadOptions& options) {
  const std::string wrong = "--url: \"" + url + "\" is no http://ADDRESS:PORT[/PATH]";
  const std::string scheme = "http://";
  if (!url.starts_with(scheme)) return fail(Code::invalid_argument, wrong);
  const std::string rest = url.substr(scheme.size());
  const std::string host = rest.substr(0, rest.find('/'));
  const std::size_t colon = host.find(':');
  if (colon == std::string::npos) return fail(Code::invalid_argument, wrong);
  const std::string port = host.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (error != std::errc() || end != port.data() + port.size() || options.port == 0) {
    return fail(Code::invalid_argument, wrong);
  }
  options.address = host.substr(0, colon);
  if (options.address == "localhost") options.address = "127.0.0.1";
  in_addr parsed{};
  if (inet_pton(AF_INET, options.address.c_str(), &parsed) != 1 ||
      (ntohl(parsed.s_addr) >> 24U) != 127) {
    return fail(Code::invalid_argument,
                "--url: \"" + options.address + "\" is not on loopback (127.0.0.0/8)");
  }
  if (rest.size() > host.size()) options.paths = {rest.substr(host.size())};
  return {};
}

Status validate(const LoadOptions& options) {
  SERIN_CHECK(in_range("--rate", options.rate, 0, kRateMax));
  SERIN_CHECK(in_range("--duration", options.duration_s, 0, kDurationMax_s));
  SERIN_CHECK(in_range("--connections", options.connections, 0, kLoadConnectionsMax));
  SERIN_CHECK(in_range("--timeout", options.timeout_s, 0, 600));
  for (const std::string& path : options.paths) {
    if (!path.starts_with('/') || path.find_first_of(" \r\n") != std::string::npos) {
      return fail(Code::invalid_argument, "--path: \"" + path + "\" does not begin with /");
    }
  }
  for (const std::string& header : options.headers) {
    if (header.find(':') == std::string::npos ||
        header.find_first_of("\r\n") != std::string::npos) {
      return fail(Code::invalid_argument, "--header: \"" + header + "\" is no \"Name: value\"");
    }
  }
  return {};
}

Load::Load(EventLoop& loop, const LoadOptions& options) : loop_(loop), options_(options) {
  SERIN_ASSERT(!options_.paths.empty());
  std::string fields = "Host: " + options_.address + ":" + std::to_string(options_.port) +
                       "\r\nUser-Agent: serin-demo-load\r\n";
  for (const std::string& header : options_.headers) fields += header + "\r\n";
  for (const std::string& path : options_.paths) {
    requests_.push_back("GET " + path + " HTTP/1.1\r\n" + fields + "\r\n");
  }
}

Load::~Load() {
  loop_.cancel(next_);
  for (const auto& [id, link] : links_) {
    loop_.cancel(link.timeout);
    loop_.forget(link.fd.get());
  }
}

void Load::start(std::function<void(const LoadReport&)> done) {
  done_ = std::move(done);
  begun_ = loop_.now();
  end_ = begun_ + from_seconds(options_.duration_s);
  tick();
}

void Load::stop() {
  scheduling_ = false;
  loop_.cancel(next_);
  for (const Ask& ask : backlog_) {
    if (ask.again) {
      report_.failed(LoadFailure::closed);
    } else {
      report_.skipped(1);
    }
  }
  backlog_.clear();
  finish_if_over();
}

// Request k is due k/rate after the start, whatever became of the ones before it.
void Load::tick() {
  const Instant now = loop_.now();
  const auto due = [this] {
    return begun_ + from_seconds(static_cast<double>(scheduled_) / options_.rate);
  };
  for (; due() <= now && due() < end_; ++scheduled_) {
    if (backlog_.size() >= kBacklogMax) {
      report_.skipped(1);
      continue;
    }
    backlog_.push_back({.path = scheduled_ % options_.paths.size(), .due = due()});
  }
  scheduling_ = due() < end_;
  assign();
  if (!scheduling_) return finish_if_over();
  next_ = loop_.call_at(due(), [this] { tick(); });
}

void Load::assign() {
  while (!backlog_.empty()) {
    const Ask ask = backlog_.front();
    if (!idle_.empty()) {
      const LinkId id = idle_.back();
      idle_.pop_back();
      backlog_.pop_front();
      send_on(id, links_.at(id), ask);
    } else if (links_.size() < static_cast<std::size_t>(options_.connections)) {
      backlog_.pop_front();
      if (!open(ask)) report_.failed(LoadFailure::connect);
    } else {
      return;
    }
  }
}

bool Load::open(const Ask& ask) {
  if (!ask.again) report_.sent();
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return false;
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(options_.port);
  inet_pton(AF_INET, options_.address.c_str(), &name.sin_addr);
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 &&
      errno != EINPROGRESS) {
    return false;
  }
  const LinkId id = ++links_made_;
  loop_.watch(fd.get(), EPOLLOUT, [this, id](std::uint32_t events) { ready(id, events); });
  Link& link = links_.emplace(id, Link{.fd = std::move(fd), .ask = ask}).first->second;
  link.out = requests_[ask.path];
  link.timeout = loop_.call_at(loop_.now() + from_seconds(options_.timeout_s),
                               [this, id] { lose(id, LoadFailure::timeout); });
  return true;
}

void Load::send_on(LinkId id, Link& link, const Ask& ask) {
  if (!ask.again) report_.sent();
  link.ask = ask;
  link.busy = true;
  link.out = requests_[ask.path];
  link.timeout = loop_.call_at(loop_.now() + from_seconds(options_.timeout_s),
                               [this, id] { lose(id, LoadFailure::timeout); });
  loop_.change(link.fd.get(), EPOLLIN | EPOLLOUT);
}

void Load::ready(LinkId id, std::uint32_t events) {
  Link& link = links_.at(id);
  if (link.connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(link.fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return lose(id, LoadFailure::connect);
    link.connecting = false;
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) return read_more(id, link);
  if ((events & EPOLLOUT) != 0) write_more(id, link);
}

void Load::write_more(LinkId id, Link& link) {
  while (!link.out.empty()) {
    const ssize_t sent = send(link.fd.get(), link.out.data(), link.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return lose(id, LoadFailure::closed);
    link.out.erase(0, static_cast<std::size_t>(sent));
  }
  loop_.change(link.fd.get(), EPOLLIN);
}

void Load::read_more(LinkId id, Link& link) {
  std::array<char, 16384> bytes{};
  const ssize_t got = recv(link.fd.get(), bytes.data(), bytes.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) link.in.append(bytes.data(), static_cast<std::size_t>(got));
  if (!link.busy) {  // kept, and now closed or talking out of turn
    drop(id);
  } else if (!take_answer(id, link, got <= 0) && got <= 0) {
    lose(id, LoadFailure::closed);
  }
  assign();
  finish_if_over();
}

bool Load::take_answer(LinkId id, Link& link, bool ended) {
  const auto end = head_end(link.in);
  if (!end && link.in.size() <= kHeadBytesMax) return false;
  const auto head = end ? parse_head(std::string_view(link.in).substr(0, *end))
                        : Result<Head>(fail(Code::invalid_argument, "the head is too long"));
  int status = 0;
  if (head) {
    const std::string& text = head->first[1];
    std::from_chars(text.data(), text.data() + text.size(), status);
  }
  const auto length = head ? head->content_length() : Result<std::size_t>(0);
  if (!head || !length || status < 200 || head->find("transfer-encoding") != nullptr) {
    lose(id, LoadFailure::malformed);
    return true;
  }
  const bool until_close = head->find("content-length") == nullptr;
  if (until_close ? !ended : link.in.size() < *end + *length) return false;
  const std::string* version = head->find("x-version");
  report_.answered(version != nullptr ? *version : "", status,
                   to_seconds(loop_.now() - link.ask.due));
  loop_.cancel(link.timeout);
  if (ended || until_close || !head->keeps_alive(head->first[0])) {
    drop(id);
    return true;
  }
  link.in.erase(0, *end + *length);
  link.busy = false;
  link.used = true;
  idle_.push_back(id);
  return true;
}

void Load::lose(LinkId id, LoadFailure failure) {
  const Link& link = links_.at(id);
  Ask ask = link.ask;
  // A server may close a kept connection at any time: what was just sent on it is asked once more.
  const bool again = failure == LoadFailure::closed && link.used && link.in.empty() && !ask.again;
  drop(id);
  if (again) {
    report_.retried();
    ask.again = true;
    backlog_.push_front(ask);
  } else {
    report_.failed(failure);
  }
  assign();
  finish_if_over();
}

void Load::drop(LinkId id) {
  const auto found = links_.find(id);
  loop_.cancel(found->second.timeout);
  loop_.forget(found->second.fd.get());
  std::erase(idle_, id);
  links_.erase(found);
}

void Load::finish_if_over() {
  if (!done_ || scheduling_ || !backlog_.empty() || idle_.size() != links_.size()) return;
  report_.took(loop_.now() - begun_);
  std::exchange(done_, nullptr)(report_);
}

}  // namespace serin::demo
