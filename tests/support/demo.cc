#include "support/demo.h"

#include <sys/wait.h>

#include <charconv>
#include <fstream>
#include <iterator>

#include "base/assert.h"
#include "support/http_get.h"
#include "support/paths.h"

namespace serin::test {
namespace {

std::string program(const std::string& name) {
  return binary_dir() + "/examples/demo/" + name;
}

// The number behind the last ':' of the line that says where it listens; 0 while there is none.
std::uint16_t announced_port(const std::string& log) {
  const std::size_t line = log.find(" listens on ");
  const std::size_t end = log.find('\n', line == std::string::npos ? 0 : line);
  if (line == std::string::npos || end == std::string::npos) return 0;
  std::uint16_t port = 0;
  std::from_chars(log.data() + log.rfind(':', end) + 1, log.data() + end, port);
  return port;
}

}  // namespace

Result<DemoService> DemoService::start(const TempDir& dir, const std::string& name,
                                       const std::vector<std::string>& flags) {
  std::vector<std::string> argv = {program("serin-demo-service")};
  argv.insert(argv.end(), flags.begin(), flags.end());
  const auto port = [&] { return announced_port(dir.read(name + ".log")); };
  SERIN_TRY(server,
            Server::start(dir, {.name = name, .argv = argv, .ready = [&] { return port() != 0; }}));
  return DemoService(std::move(server), port());
}

std::optional<double> DemoService::metric(const std::string& series) const {
  const std::string page = "\n" + http_get(port_, "/metrics").body;
  const std::size_t at = page.find("\n" + series + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::stod(page.substr(at + series.size() + 2));
}

Result<Server> start_demo_load(const TempDir& dir, const std::string& url,
                               const std::vector<std::string>& flags) {
  std::vector<std::string> argv = {program("serin-demo-load"), "--url", url};
  argv.insert(argv.end(), flags.begin(), flags.end());
  return Server::start(dir, {.name = "load", .argv = argv, .ready = [] { return true; }});
}

Result<Json> run_demo_load(const TempDir& dir, const std::string& url,
                           const std::vector<std::string>& flags) {
  std::vector<std::string> argv = {program("serin-demo-load"), "--url", url};
  argv.insert(argv.end(), flags.begin(), flags.end());
  dir.write("load.out", "");
  SERIN_TRY(process, Process::start({.argv = argv, .output = dir.file("load.out")}));
  const auto status = process.wait(std::chrono::minutes(2));
  const std::string output = dir.read("load.out");
  if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Code::unavailable, "serin-demo-load: " + output);
  }
  return Json::parse(output);
}

std::string fill_demo_template(const std::string& file,
                               const std::vector<std::pair<std::string, std::string>>& values) {
  std::ifstream stream(source_dir() + "/examples/demo/" + file);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  SERIN_ASSERT(!text.empty());
  for (const auto& [name, value] : values) {
    const std::string mark = "@" + name + "@";
    SERIN_ASSERT(text.find(mark) != std::string::npos);
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) {
      text.replace(at, mark.size(), value);
    }
  }
  SERIN_ASSERT(text.find('@') == std::string::npos);
  return text;
}

}  // namespace serin::test
