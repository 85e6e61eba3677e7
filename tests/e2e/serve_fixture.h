// `serin serve` beside the world of a release; the serin command starts and operates releases over
// the server's socket, or over its address with a token.
#pragma once

#include <filesystem>

#include "tests/e2e/release_fixture.h"

namespace serin::app {

inline constexpr const char* kServing = "serin serves ";

class ServeTest : public ReleaseTest {
 protected:
  // What the server gets as its configuration is the fixture's rollout.
  void start_server() {
    std::filesystem::create_directories(config());
    std::filesystem::copy_file(rollout_, config() + "/shop.yaml",
                               std::filesystem::copy_options::overwrite_existing);
    log_ = dir_.path() + "/serve" + std::to_string(++starts_) + ".log";
    auto child = Process::start({.argv = {SERIN_PROGRAM, "serve", "-c", config(), "--state",
                                          state(), "--listen", "127.0.0.1:0"},
                                 .output = log_});
    ASSERT_TRUE(child) << child.error().to_string();
    server_.emplace(std::move(*child));
    ASSERT_TRUE(test::wait_until([&] { return !address_line().empty() || server_->poll(); }));
    url_ = address_line();
    ASSERT_NE(url_, "") << read_file(log_);
  }
  // The address that the server has said, once its whole line is there.
  std::string address_line() const {
    std::string text = read_file(log_);
    std::size_t at = text.find(kServing);
    std::size_t end = at == std::string::npos ? at : text.find('\n', at);
    if (end == std::string::npos) return "";
    at += std::string_view(kServing).size();
    return text.substr(at, end - at);
  }
  void kill_server() {
    server_->signal(SIGKILL);
    ASSERT_TRUE(server_->wait(std::chrono::seconds(30)));
    server_.reset();
  }
  // A file with a new token of that role.
  std::string token(const std::string& role) {
    std::string text;
    EXPECT_EQ(
        run({"token", "create", role + "-of-the-test", "--role", role, "--state", state()}, text),
        0)
        << text;
    std::string file = dir_.path() + "/" + role + ".token";
    std::ofstream(file) << text.substr(text.find("srn_"));
    return file;
  }
  std::vector<std::string> socket() const { return {"--state", state()}; }
  std::vector<std::string> remote(const std::string& token_file) const {
    std::vector<std::string> flags{"--server", url_};
    if (!token_file.empty()) flags.insert(flags.end(), {"--token-file", token_file});
    return flags;
  }
  int serin(std::vector<std::string> arguments, const std::vector<std::string>& where,
            std::string& output) {
    arguments.insert(arguments.end(), where.begin(), where.end());
    return run(std::move(arguments), output);
  }
  // A command that goes on until the release's end; release_ and output_ stand for it.
  void begin(std::vector<std::string> arguments, const std::vector<std::string>& where,
             const std::string& name) {
    output_ = dir_.path() + "/" + name + ".out";
    arguments.insert(arguments.begin(), SERIN_PROGRAM);
    arguments.insert(arguments.end(), where.begin(), where.end());
    auto child = Process::start({.argv = arguments, .output = output_});
    ASSERT_TRUE(child) << child.error().to_string();
    release_.emplace(std::move(*child));
  }
  Json release(const std::string& id) {
    std::string output;
    EXPECT_EQ(serin({"list", "-o", "json"}, socket(), output), 0) << output;
    auto page = Json::parse(output);
    EXPECT_TRUE(page) << output;
    if (page) {
      for (const Json& one : (*page)["items"].items()) {
        if (one["id"].string() == id) return one;
      }
    }
    return {};
  }
  bool wait_for_weight(const std::string& id, double weight) {
    return test::wait_until(
        [&] {
          Json shown = release(id)["weight"];
          return shown["set"].number() == weight && shown["confirmed"].boolean();
        },
        std::chrono::seconds(60));
  }
  // The canary's share as HAProxy goes by it now.
  int share_of_proxy() const {
    std::string map =
        world_->haproxy_command("show map " + dir_.path() + "/world/share.map").value_or("");
    std::size_t at = map.find(" shop ");
    return at == std::string::npos ? -1 : std::atoi(map.c_str() + at + 6);
  }
  // How often the journal tells of that.
  int count_in_events(const std::string& id, const std::string& text) {
    std::string output;
    EXPECT_EQ(run({"events", id, "--limit", "400", "--state", state(), "-o", "jsonl"}, output), 0);
    int count = 0;
    for (std::size_t at = output.find(text); at != std::string::npos;
         at = output.find(text, at + 1)) {
      ++count;
    }
    return count;
  }
  std::string config() const { return dir_.path() + "/config"; }

  std::optional<Process> server_;
  std::string url_;
  std::string log_;
  int starts_ = 0;
};

}  // namespace serin::app
