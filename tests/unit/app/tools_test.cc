// explain, eval, query, analyze and lint as their user runs them.
#include <atomic>

#include "base/json.h"
#include "unit/app/fake_prometheus.h"
#include "unit/app/program.h"

namespace serin::app {
namespace {

Json json_of(const Ran& ran) {
  auto json = Json::parse(ran.out);
  EXPECT_TRUE(json) << ran.out << ran.err;
  return json ? *json : Json();
}

TEST(Eval, SaysTheValue) {
  Ran ran = run_serin({"eval", "result[0] < 0.05", "--result", "[0.01]"});
  EXPECT_EQ(ran.out, "true\n");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(run_serin({"eval", "isNaN(result)", "-r", "NaN"}).out, "true\n");
  EXPECT_EQ(run_serin({"eval", "result", "-r", "[NaN, +Inf,1]"}).out, "[\"NaN\",\"+Inf\",1]\n");
  EXPECT_EQ(run_serin({"eval", "result == nil"}).out, "true\n");
  EXPECT_EQ(run_serin({"eval", "result.code", "-r", R"({"code":"ok"})"}).out, "\"ok\"\n");
  EXPECT_EQ(json_of(run_serin({"eval", "result", "-r", "[1,2]", "-o", "json"}))["type"].string(),
            "[]float64");
  EXPECT_EQ(
      json_of(run_serin({"eval", "result", "-r", "[1,2]", "--as", "json", "-o", "json"}))["type"]
          .string(),
      "[]interface {}");
}

TEST(Eval, SaysWhatIsWrongAndWhere) {
  Ran ran = run_serin({"eval", "result > "});
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.err, "serin: 1:9: unexpected token EOF\n");
  EXPECT_EQ(run_serin({"eval", "1", "-r", "{"}).status, 3);
  EXPECT_EQ(run_serin({"eval", "1", "-r", R"({"a": NaN})"}).status, 3);
  EXPECT_EQ(run_serin({"eval", "1", "-r", R"(["a"])", "--as", "prometheus"}).status, 3);
  EXPECT_EQ(run_serin({"eval"}).status, 2);
  Ran json = run_serin({"eval", "reslt", "-o", "json"});
  EXPECT_EQ(json_of(json)["error"].string(), "unknown name reslt");
}

TEST(Explain, SaysWhatAFieldMeans) {
  Ran ran = run_serin({"explain", "metrics[0].interval"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.out.starts_with("interval <duration>\n  Time between looks")) << ran.out;
  EXPECT_NE(ran.out.find("AnalysisTemplate.spec.metrics.interval"), std::string::npos);
  EXPECT_NE(run_serin({"explain", "Metric"}).out.find("successCondition <text>"),
            std::string::npos);
  Json json = json_of(run_serin({"explain", "metrics.interval", "-o", "json"}));
  EXPECT_EQ(json["form"].string(), "duration");
  EXPECT_GT(json["places"].size(), 3U);
  Ran unknown = run_serin({"explain", "intervl"});
  EXPECT_EQ(unknown.status, 4);
  EXPECT_EQ(unknown.err, "serin: there is no field 'intervl'; 'interval' is one\n");
  Ran several = run_serin({"explain", "address"});
  EXPECT_EQ(several.status, 3);
  EXPECT_NE(several.err.find("fields; say which:\n"), std::string::npos);
  EXPECT_EQ(run_serin({"explain"}).status, 2);
}

const char* const kTemplate = R"(kind: AnalysisTemplate
metadata: {name: health}
spec:
  args: [{name: service}]
  metrics:
  - name: errors
    interval: 1s
    count: 3
    failureLimit: 1
    successCondition: result[0] < 0.05
    provider: {prometheus: {query: 'share{app="{{args.service}}"}'}}
)";

std::vector<std::string> on(const FakePrometheus& server, std::vector<std::string> arguments) {
  for (const char* each : {"-f", "-", "--set", "service=shop", "--prometheus"})
    arguments.emplace_back(each);
  arguments.push_back(server.url());
  return arguments;
}

TEST(Query, ShowsQueryAnswerAndVerdict) {
  std::atomic<const char*> value = "0.01";
  FakePrometheus server([&](const auto&) { return one_value(value.load()); });
  Ran ran = run_serin(on(server, {"query"}), kTemplate);
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "query:   share{app=\"shop\"}\nanswer:  1 series\n         {}  0.01 at "
            "2023-11-14T22:13:20Z\nverdict: Successful of [0.01]\n");
  value = "0.2";
  EXPECT_EQ(run_serin(on(server, {"query", "-m", "errors"}), kTemplate).status, 10);
  value = "NaN";
  EXPECT_EQ(run_serin(on(server, {"query"}), kTemplate).status, 12);
  Json json = json_of(run_serin(on(server, {"query", "-o", "json"}), kTemplate));
  EXPECT_EQ(json["phase"].string(), "NoData");
  EXPECT_EQ(json["queries"].at(0)["query"].string(), "share{app=\"shop\"}");
}

TEST(Query, SaysWhatIsMissing) {
  FakePrometheus server([&](const auto&) {
    return R"({"status":"error","errorType":"bad_data","error":"no such function"})";
  });
  Ran refused = run_serin(on(server, {"query"}), kTemplate);
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(refused.out.find("bad_data: no such function"), std::string::npos) << refused.out;
  Ran other = run_serin(on(server, {"query", "-m", "other"}), kTemplate);
  EXPECT_EQ(other.status, 3);
  EXPECT_NE(other.err.find("there is no metric 'other' (there is: errors)"), std::string::npos);
  Ran argument = run_serin({"query", "-f", "-", "--prometheus", server.url()}, kTemplate);
  EXPECT_EQ(argument.status, 3);
  EXPECT_NE(argument.err.find("args.service was not resolved"), std::string::npos) << argument.err;
  Ran name = run_serin(on(server, {"query", "--name", "none"}), kTemplate);
  EXPECT_NE(name.err.find("there is no analysis 'none' (there is: health)"), std::string::npos);
  // Nobody listens.
  Ran down = run_serin(
      {"query", "-f", "-", "--set", "service=x", "--prometheus", "http://127.0.0.1:1"}, kTemplate);
  EXPECT_EQ(down.status, 6) << down.out << down.err;
}

TEST(Query, SecretsComeFromEnvironmentAndFiles) {
  const std::string text = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: token, valueFrom: {secretKeyRef: {name: prom-key, key: token}}}]
  metrics:
  - name: m
    interval: 1s
    successCondition: result[0] > 0
    provider: {prometheus: {query: 'a{b="{{args.token}}"}'}}
)";
  FakePrometheus server([](const auto&) { return one_value("1"); });
  std::vector<std::string> arguments{"query", "-f", "-", "--prometheus", server.url()};
  EXPECT_EQ(run_serin(arguments, text, {"SERIN_SECRET_PROM_KEY_TOKEN=one"}).status, 0);
  test::TempDir folder;
  (void)folder.write("prom-key/token", "two\n");
  EXPECT_EQ(run_serin(arguments, text, {"SERIN_SECRETS=" + folder.path()}).status, 0);
  Ran missing = run_serin(arguments, text);
  EXPECT_EQ(missing.status, 4);
  EXPECT_NE(missing.err.find("secrets \"prom-key\" not found"), std::string::npos) << missing.err;
  auto asked = server.asked();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].query, "a{b=\"one\"}");
  EXPECT_EQ(asked[1].query, "a{b=\"two\"}");
}

TEST(Analyze, JudgesThePast) {
  FakePrometheus server([](const auto& asked) {
    return one_value(std::stod(asked.time) < 1'700'000'100 ? "0.01" : "0.9");
  });
  Ran good =
      run_serin(on(server, {"analyze", "--from", "1700000000", "--to", "1700000060"}), kTemplate);
  EXPECT_EQ(good.status, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("errors  ✔ Successful  3 of 3 looks ok, last value [0.01]\n"),
            std::string::npos)
      << good.out;
  EXPECT_NE(good.out.find("✔ promote  every metric that decides has passed"), std::string::npos);
  auto asked = server.asked();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_DOUBLE_EQ(std::stod(asked[2].time) - std::stod(asked[1].time), 1) << "every interval";
  Ran bad = run_serin(on(server, {"analyze", "--from", "2023-11-14T22:15:00Z", "--to",
                                  "2023-11-14T22:16:00Z", "-o", "json"}),
                      kTemplate);
  EXPECT_EQ(bad.status, 10) << bad.out << bad.err;
  Json json = json_of(bad);
  EXPECT_EQ(json["verdict"].string(), "rollback");
  EXPECT_EQ(json["metric"].string(), "errors");
  EXPECT_EQ(json["run"]["phase"].string(), "Failed");
  EXPECT_EQ(json["run"]["startedAt"].string(), "2023-11-14T22:15:00Z") << json["run"].dump();
}

TEST(Analyze, WithoutDataNothingIsDecided) {
  FakePrometheus server([](const auto&) { return std::string("[]"); });
  Ran ran =
      run_serin(on(server, {"analyze", "--from", "1700000000", "--to", "1700000060"}), kTemplate);
  EXPECT_EQ(ran.status, 12) << ran.out << ran.err;
  EXPECT_EQ(ran.out.find("errors  ? not judged  0 of 0 looks ok, 60 without data"), 0U) << ran.out;
  EXPECT_NE(ran.out.find("errors was judged 0 times, 1 needed: the query answered nothing"),
            std::string::npos)
      << ran.out;
}

// Argo calls a run successful that somebody ends: here the end is only that of the command.
TEST(Analyze, AnEndBeforeTheFirstJudgedLookDecidesNothing) {
  const std::string text = "apiVersion: argoproj.io/v1alpha1\n" + std::string(kTemplate);
  Ran down = run_serin({"analyze", "-f", "-", "--set", "service=x", "--prometheus",
                        "http://127.0.0.1:1", "--length", "200ms"},
                       text);
  EXPECT_EQ(down.status, 12) << down.out << down.err;
  EXPECT_NE(down.out.find("errors was judged 0 times, 1 needed: "), std::string::npos) << down.out;
}

TEST(Analyze, JudgesFromNowOn) {
  FakePrometheus server([](const auto&) { return one_value("0.01"); });
  std::string text = kTemplate;
  text.replace(text.find("count: 3\n    failureLimit: 1"), 28, "count: 1");
  text.replace(text.find("interval: 1s"), 12, "interval: 50ms");
  Ran ran = run_serin(on(server, {"analyze", "--length", "20s"}), text);
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  EXPECT_EQ(server.asked().at(0).time, "") << "live, the server's own now";
}

TEST(Analyze, NamesTimesThatCantBe) {
  FakePrometheus server([](const auto&) { return std::string("[]"); });
  for (const std::vector<std::string>& times : {std::vector<std::string>{"--from", "yesterday"},
                                                {"--from", "-5m", "--to", "-10m"},
                                                {"--to", "-5m"},
                                                {"--from", "2099-01-01T00:00:00Z"}}) {
    std::vector<std::string> arguments{"analyze"};
    arguments.insert(arguments.end(), times.begin(), times.end());
    EXPECT_EQ(run_serin(on(server, arguments), kTemplate).status, 3) << times.at(0);
  }
  EXPECT_EQ(run_serin(on(server, {"analyze", "--length", "soon"}), kTemplate).status, 2);
}

TEST(Analyze, ComparesVersionsOfThePast) {
  const std::string text = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  metrics:
  - name: errors
    interval: 10s
    compare: {errors: {bad: 'r{code="500"}', total: r}}
)";
  FakePrometheus server([](const auto&) {
    return std::string(R"({"status":"success","data":{"resultType":"matrix","result":[]}})");
  });
  Ran ran = run_serin({"analyze", "-f", "-", "--canary", "v2", "--stable", "v1", "--from",
                       "1700000000", "--to", "1700000060", "--prometheus", server.url()},
                      text);
  EXPECT_EQ(ran.status, 12) << ran.out << ran.err;
  bool samples = false;
  for (const auto& asked : server.asked()) {
    samples = samples || asked.query.find("version=~\"v1|v2\"") != std::string::npos ||
              asked.query.find("version=~\"v2|v1\"") != std::string::npos;
  }
  EXPECT_TRUE(samples);
  Ran unnamed = run_serin(
      {"analyze", "-f", "-", "--canary", "v2", "--from", "-1m", "--prometheus", server.url()},
      text);
  EXPECT_EQ(unnamed.status, 3);
  EXPECT_NE(unnamed.err.find("name them with --canary and --stable"), std::string::npos)
      << unnamed.err;
}

TEST(Lint, FormatsAndStatus) {
  std::string bad = kTemplate;
  bad.replace(bad.find("result[0] <"), 11, "reslt[0] <");
  Ran text = run_serin({"lint", "-"}, bad);
  EXPECT_EQ(text.status, 3);
  EXPECT_NE(text.out.find("standard input:10:23: error E014 "), std::string::npos) << text.out;
  Ran github = run_serin({"lint", "-", "-o", "github"}, bad);
  EXPECT_EQ(github.out.find("::error file=standard input,line=10,col=23,title=E014::"), 0U)
      << github.out;
  EXPECT_EQ(json_of(run_serin({"lint", "-", "-o", "json"}, bad))["errors"].integer(), 1);
  std::string argo = "apiVersion: argoproj.io/v1alpha1\n" + std::string(kTemplate);
  EXPECT_EQ(run_serin({"lint", "-"}, argo).status, 0) << "only warnings";
  EXPECT_EQ(run_serin({"lint", "-", "--strict"}, argo).status, 3);
  EXPECT_EQ(run_serin({"lint", "-", "--strict", "--safe"}, argo).out, "");
  EXPECT_EQ(run_serin({"lint", "/nowhere/at/all.yaml"}).status, 4);
}

TEST(Lint, FilesThatHoldNothingAreNoGoodFiles) {
  for (const char* text : {"", "# nothing\n", "---\n---\n"}) {
    Ran ran = run_serin({"lint", "-"}, text);
    EXPECT_EQ(ran.status, 3);
    EXPECT_NE(ran.out.find("error E009: no document stands here; "), std::string::npos) << ran.out;
  }
  test::TempDir directory;
  std::ofstream(directory.path() + "/a.yaml") << kTemplate;
  std::ofstream(directory.path() + "/b.yaml") << "# later\n";
  EXPECT_EQ(run_serin({"lint", directory.path() + "/a.yaml", directory.path() + "/b.yaml"}).out, "")
      << "one of several may be empty";
  Ran folder = run_serin({"lint", directory.path()});
  EXPECT_EQ(folder.status, 3);
  EXPECT_NE(folder.err.find("is a directory: name its files"), std::string::npos) << folder.err;
}

TEST(Run, FilesWithErrorsAreAnErrorInJsonToo) {
  Ran ran = run_serin({"run", "-f", "-", "--version", "2", "-o", "json"}, "kind: Rolout\n");
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(json_of(ran)["error"]["code"].string(), "invalid_argument");
  EXPECT_NE(ran.err.find("error E009"), std::string::npos) << ran.err;
}

TEST(CommandLine, WordsThatCantBeMeantAreRefusedWithWhatWouldBeRight) {
  Ran version = run_serin({"run", "-f", "-", "--version", ""}, "");
  EXPECT_EQ(version.status, 2);
  EXPECT_NE(version.err.find("--version: is empty: a variable that is not set?"), std::string::npos)
      << version.err;
  EXPECT_EQ(run_serin({"start", "shop", "--version", ""}).status, 2);
  Ran address = run_serin({"query", "-f", "-", "--prometheus", "localhost:9090"}, kTemplate);
  EXPECT_EQ(address.status, 2);
  EXPECT_NE(address.err.find("expected http://HOST:PORT"), std::string::npos) << address.err;
  EXPECT_EQ(run_serin({"replay", "-f", "-", "--prom", "x", "--from", "-1h"}, kTemplate).status, 2);
}

TEST(CommandLine, AnArgumentThatNoTemplateHasIsNamed) {
  FakePrometheus server([](const auto&) { return one_value("0.01"); });
  const std::vector<std::string> query{"query", "-f", "-", "--prometheus", server.url()};
  auto with = [&](const std::string& set) {
    std::vector<std::string> arguments = query;
    arguments.insert(arguments.end(), {"--set", set});
    return run_serin(arguments,
                     "kind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n"
                     "  args: [{name: limit, value: '1'}]\n"
                     "  metrics:\n"
                     "  - name: m\n"
                     "    interval: 1m\n"
                     "    successCondition: 'result[0] < {{args.limit}}'\n"
                     "    provider: {prometheus: {query: up}}\n");
  };
  EXPECT_EQ(with("limit=2").err, "");
  const Ran typo = with("limt=2");
  EXPECT_EQ(typo.status, 0) << typo.err;
  EXPECT_NE(typo.err.find("--set limt is left out: no template has an argument of this name (there "
                          "is: canary, limit, prometheus, stable)"),
            std::string::npos)
      << typo.err;
}

TEST(CommandLine, OutputThatCouldNotBeWrittenIsAnError) {
  // /dev/full takes what is given and then says that the disk is full.
  const std::string command = in_quotes(SERIN_PROGRAM) + " explain --all 2>&1 >/dev/full";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char said[256] = "";
  EXPECT_NE(std::fgets(said, sizeof said, pipe), nullptr);
  const int status = ::pclose(pipe);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(std::string(said).find("not all of the output could be written"), std::string::npos)
      << said;
}

TEST(Lint, AsksServers) {
  FakePrometheus server([](const auto& asked) {
    if (asked.query == "x[300s]") {
      return std::string(
          R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":)"
          R"([[1700000000,"1"],[1700000005.01,"2"],[1700000010,"3"],[1700000030,"4"]]}]}})");
    }
    if (asked.query.find("gone") != std::string::npos) return std::string("[]");
    return one_value("0.01");
  });
  const std::string text = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  metrics:
  - {name: a, interval: 1m, successCondition: 'result[0] < 1', provider: {prometheus: {query: gone}}}
  - {name: b, interval: 1m, successCondition: 'result[0] < 1', provider: {prometheus: {query: 'rate(x[5s])'}}}
  - {name: c, interval: 1m, successCondition: 'result[0] < 1', provider: {prometheus: {query: 'rate(x[11s])'}}}
  - {name: d, interval: 1m, successCondition: 'result[1] < 1', provider: {prometheus: {query: x}}}
  - {name: e, compare: {errors: {bad: 'x{code="500"}', total: x}}}
)";
  Ran ran = run_serin(
      {"lint", "-", "--online", "--prometheus", server.url(), "--canary", "v2", "--stable", "v1"},
      text);
  EXPECT_NE(ran.out.find("standard input:5:"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("warning W040 spec.metrics[0].provider.prometheus.query"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("W033 spec.metrics[1].provider.prometheus.query: rate(x[5s]) needs two "
                         "scrapes in its window; 'x' is scraped every 5s"),
            std::string::npos)
      << ran.out;
  EXPECT_EQ(ran.out.find("W033 spec.metrics[2]"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("error E042 spec.metrics[3].successCondition"), std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("W041 spec.metrics[4].compare.errors.total: no series has version='v2'"),
            std::string::npos)
      << ran.out;
  EXPECT_EQ(ran.status, 3);
  Ran down = run_serin({"lint", "-", "--online", "--prometheus", "http://127.0.0.1:1"}, text);
  EXPECT_NE(down.out.find("E040"), std::string::npos) << down.out;
}

}  // namespace
}  // namespace serin::app
