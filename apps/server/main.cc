#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sabot/base/error.h"
#include "sabot/server/grpc_server.h"

namespace {

constexpr const char* kHelp =
    "sabot-server: Sabot behind Spark Connect, for stock PySpark clients\n"
    "\n"
    "  --host HOST         loopback address to listen on (127.0.0.1)\n"
    "  --spark-port PORT   port of Spark Connect; 0: any free one (15002)\n"
    "  --help              this text\n"
    "\n"
    "Stops on SIGINT and SIGTERM: what runs is cancelled.\n";

int Fail(std::string_view message) {
  fmt::print(stderr, "sabot-server: {}\n", message);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::string host = "127.0.0.1";
  int port = 15002;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      fmt::print("{}", kHelp);
      return 0;
    }
    std::string value;
    const size_t equals = argument.find('=');
    if (equals != argument.npos) {
      value = argument.substr(equals + 1);
      argument = argument.substr(0, equals);
    } else if (i + 1 < argc) {
      value = argv[++i];
    }
    if (argument == "--host" && !value.empty()) {
      host = value;
    } else if (argument == "--spark-port" && !value.empty()) {
      char* end = nullptr;
      const long parsed = std::strtol(value.c_str(), &end, 10);
      if (*end != '\0' || parsed < 0 || parsed > 65535) {
        return Fail(fmt::format("--spark-port takes 0 to 65535, not {}", value));
      }
      port = static_cast<int>(parsed);
    } else {
      return Fail(fmt::format("{} is not understood; see --help", argument));
    }
  }

  // Blocked before any thread starts, so that only the wait below takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const auto server = sabot::server::GrpcServer::Start(host, port);
  if (!server.ok()) return Fail(sabot::RenderError(server.status()));
  fmt::print("Spark Connect: sc://{}:{}\n", host, (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->Shutdown();
  return 0;
}
