#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "sabot/server/service.h"

// The service without a network: sabot.spark's channel hands calls over as bytes.
namespace nb = nanobind;

namespace sabot::python {
namespace {

using server::Client;
using server::RpcStatus;
using server::Service;

/// Answers that wait for the reader; more than a few would only take memory.
constexpr size_t kWaitingMax = 4;

nb::bytes ToBytes(const std::string& text) { return nb::bytes(text.data(), text.size()); }

/// Takes the one answer of a call.
class OneAnswer final : public Client {
 public:
  bool Send(std::string message) override {
    answer = std::move(message);
    return true;
  }
  bool is_gone() const override { return false; }

  std::string answer;
};

/// A call with many answers: the service runs on a thread, Python takes the answers one by one.
class Stream final : public Client {
 public:
  Stream(Service* service, std::string method, std::string request)
      : thread_([this, service, method = std::move(method), request = std::move(request)] {
          RpcStatus status = service->Call(method, {request}, this);
          const std::lock_guard lock(mutex_);
          status_ = std::move(status);
          is_done_ = true;
          changed_.notify_all();
        }) {}

  ~Stream() override {
    Cancel();
    const nb::gil_scoped_release released;
    thread_.join();
  }

  bool Send(std::string message) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_gone_ || waiting_.size() < kWaitingMax; });
    if (is_gone_) return false;
    waiting_.push_back(std::move(message));
    changed_.notify_all();
    return true;
  }

  bool is_gone() const override {
    const std::lock_guard lock(mutex_);
    return is_gone_;
  }

  void Cancel() {
    const std::lock_guard lock(mutex_);
    is_gone_ = true;
    changed_.notify_all();
  }

  /// The next answer; None at the end, when the status is known.
  std::optional<nb::bytes> Next() {
    while (true) {
      std::optional<std::string> message;
      bool is_done = false;
      {
        const nb::gil_scoped_release released;
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(50),
                          [&] { return is_done_ || !waiting_.empty(); });
        if (!waiting_.empty()) {
          message = std::move(waiting_.front());
          waiting_.pop_front();
          changed_.notify_all();
        }
        is_done = is_done_;
      }
      if (message.has_value()) return ToBytes(*message);
      if (is_done) return std::nullopt;
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
    }
  }

  /// Code, message and details; of use after Next() gave None.
  nb::tuple status() const {
    const std::lock_guard lock(mutex_);
    return nb::make_tuple(status_.code, status_.message, ToBytes(status_.details));
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  RpcStatus status_;
  bool is_gone_ = false;
  bool is_done_ = false;
  std::thread thread_;  // last: it uses all above
};

nb::tuple CallOnce(Service& service, const std::string& method, const nb::list& requests) {
  std::vector<std::string> bytes;
  for (const nb::handle request : requests) {
    const auto message = nb::cast<nb::bytes>(request);
    bytes.emplace_back(message.c_str(), message.size());
  }
  OneAnswer client;
  RpcStatus status;
  {
    const nb::gil_scoped_release released;
    status = service.Call(method, bytes, &client);
  }
  return nb::make_tuple(status.code, status.message, ToBytes(status.details),
                        ToBytes(client.answer));
}

}  // namespace
}  // namespace sabot::python

NB_MODULE(_server, module) {
  using sabot::python::Stream;
  using sabot::server::Service;
  module.doc() = "Spark Connect's service in this process. Use sabot.spark.SparkSession.";
  nb::class_<Stream>(module, "Stream", "A call with many answers.")
      .def("next", &Stream::Next, "The next answer as bytes; None at the end.")
      .def("cancel", &Stream::Cancel, "Give the call up.")
      .def_prop_ro("status", &Stream::status, "(code, message, details), after the end.");
  nb::class_<Service>(module, "Service", "All sessions of this process.")
      .def(nb::init<>())
      .def("call", &sabot::python::CallOnce, nb::arg("method"), nb::arg("requests"),
           "Call a method of one answer: (code, message, details, answer).")
      .def(
          "stream",
          [](Service& service, std::string method, const nb::bytes& request) {
            return new Stream(&service, std::move(method),
                              std::string(request.c_str(), request.size()));
          },
          nb::arg("method"), nb::arg("request"), nb::rv_policy::take_ownership,
          nb::keep_alive<0, 1>(), "Call a method of many answers.")
      .def(
          "shutdown",
          [](Service& service) {
            const nb::gil_scoped_release released;
            service.Shutdown();
          },
          "Cancel what runs and wait for its end.");
}
