// A server with Prometheus' API that answers by the query's text.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/scripted_server.h"

namespace serin::app {

// "a+b%7B" as "a b{".
inline std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

class FakePrometheus {
 public:
  struct Asked {
    std::string query;
    std::string time;
  };
  // Gives the body's `result` part for a vector ("[]" is empty), or a whole body that starts with
  // "{". Called on the server's threads.
  using Answer = std::function<std::string(const Asked&)>;

  explicit FakePrometheus(Answer answer)
      : answer_(std::move(answer)), server_([this](test::Connection& peer) { serve(peer); }) {}

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  std::vector<Asked> asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  static std::string field(const std::string& body, const std::string& name) {
    std::size_t at = ("&" + body).find("&" + name + "=");
    if (at == std::string::npos) return "";
    std::string rest = body.substr(at + name.size() + 1);
    return form_decoded(rest.substr(0, rest.find('&')));
  }

  void serve(test::Connection& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
      std::string body = request.substr(request.find("\r\n\r\n") + 4);
      Asked asked{field(body, "query"), field(body, "time")};
      {
        std::lock_guard lock(mutex_);
        asked_.push_back(asked);
      }
      std::string result = answer_(asked);
      if (!result.starts_with('{')) {
        result = R"({"status":"success","data":{"resultType":"vector","result":)" + result + "}}";
      }
      bool refused = result.find("\"error\"") != std::string::npos;
      if (!peer.reply(result, refused ? "400 Bad Request" : "200 OK")) return;
    }
  }

  Answer answer_;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  test::ScriptedServer server_;
};

// One sample without labels.
inline std::string one_value(const std::string& value) {
  return R"([{"metric":{},"value":[1700000000,")" + value + R"("]}])";
}

}  // namespace serin::app
