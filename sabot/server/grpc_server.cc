#include "sabot/server/grpc_server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "sabot/base/error.h"
#include "sabot/server/service.h"

// The only file that knows gRPC. Calls are taken as bytes: the service parses them itself, because
// gRPC's generated code nests at most 100 levels.
namespace sabot::server {
namespace {

constexpr int kStreamsMax = 1024;  // calls a connection may have at a time

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

grpc::ByteBuffer ToByteBuffer(const std::string& message) {
  const grpc::Slice slice(message);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

/// Threads that answer calls, for a shutdown to wait on.
class Threads {
 public:
  template <typename Work>
  void Start(Work work) {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    std::thread([this, work = std::move(work)] {
      work();
      const std::lock_guard lock(mutex_);
      --running_;
      idle_.notify_all();
    }).detach();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
};

/// One call. Requests are read to the end of the client's side; then a thread answers them.
/// Destroys itself when gRPC is done with it and the thread has ended.
class Call final : public grpc::ServerGenericBidiReactor, public Client {
 public:
  Call(Service* service, Threads* threads, std::string method)
      : service_(service), threads_(threads), method_(std::move(method)) {
    StartRead(&incoming_);
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      requests_.push_back(ToString(incoming_));
      incoming_.Clear();
      StartRead(&incoming_);
      return;
    }
    threads_->Start([this] { Answer(); });
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    is_gone_ = is_gone_ || !ok;
    changed_.notify_all();
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    is_gone_ = true;
    changed_.notify_all();
  }

  void OnDone() override { Release(); }

  bool Send(std::string message) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !is_writing_; });
    if (is_gone_) return false;
    outgoing_ = ToByteBuffer(message);
    is_writing_ = true;
    StartWrite(&outgoing_);
    return true;
  }

  bool is_gone() const override {
    const std::lock_guard lock(mutex_);
    return is_gone_;
  }

 private:
  void Answer() {
    const RpcStatus status = service_->Call(method_, requests_, this);
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !is_writing_; });
    }
    Finish(status.ok() ? grpc::Status::OK
                       : grpc::Status(static_cast<grpc::StatusCode>(status.code), status.message,
                                      status.details));
    Release();
  }

  /// The second of the two owners deletes.
  void Release() {
    if (owners_.fetch_sub(1) == 1) delete this;
  }

  Service* service_;
  Threads* threads_;
  const std::string method_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  std::vector<std::string> requests_;
  std::atomic<int> owners_{2};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_writing_ = false;
  bool is_gone_ = false;
};

class Server final : public GrpcServer, public grpc::CallbackGenericService {
 public:
  ~Server() override { Shutdown(); }

  arrow::Status Listen(const std::string& host, int port) {
    const bool is_v6 = host.find(':') != host.npos && !host.starts_with("[");
    grpc::ServerBuilder builder;
    builder.AddListeningPort(
        fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port),
        grpc::InsecureServerCredentials(), &port_);
    builder.SetMaxReceiveMessageSize(Service::kMessageBytesMax);
    builder.SetMaxSendMessageSize(Service::kMessageBytesMax);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
    // Two servers on one port would share its calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    if (server_ != nullptr && port_ > 0) return arrow::Status::OK();
    return MakeError("CONNECTION_FAILED", {{"system", "Spark Connect"},
                                           {"address", fmt::format("{}:{}", host, port)},
                                           {"message", "the port cannot be opened"}});
  }

  int port() const override { return port_; }

  void Shutdown() override {
    if (server_ == nullptr) return;
    service_.Shutdown();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    threads_.Wait();
    server_.reset();
  }

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Call(&service_, &threads_, context->method());
  }

  Service service_;
  Threads threads_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const std::string& host, int port) {
  if (!IsLoopback(host)) {
    return UnsupportedError(fmt::format("listening on {}, without encryption and login", host),
                            "127.0.0.1, reached from elsewhere through an ssh tunnel");
  }
  auto server = std::make_unique<Server>();
  ARROW_RETURN_NOT_OK(server->Listen(host, port));
  return server;
}

}  // namespace sabot::server
