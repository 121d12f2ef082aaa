#include <atomic>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "arrow/c/bridge.h"
#include "arrow/table.h"
#include "python/bindings/bindings.h"
#include "python/bindings/status.h"

#include "sabot/base/error.h"
#include "sabot/session/stream.h"

namespace nb = nanobind;

namespace sabot::python {
namespace {

nb::object ToPyArrow(const std::shared_ptr<arrow::Table>& table) {
  auto reader = std::make_shared<arrow::TableBatchReader>(table);
  auto* stream = new ArrowArrayStream();
  const nb::capsule capsule(stream, "arrow_array_stream", [](void* pointer) noexcept {
    auto* owned = static_cast<ArrowArrayStream*>(pointer);
    if (owned->release != nullptr) owned->release(owned);
    delete owned;
  });
  RaiseIfError(arrow::ExportRecordBatchReader(std::move(reader), stream));
  return nb::module_::import_("pyarrow")
      .attr("RecordBatchReader")
      .attr("_import_from_c_capsule")(capsule)
      .attr("read_all")();
}

/// A callback and what it raised. Both may refer to the stream's handle, which holds this: whoever
/// knows that the stream is over drops them, since no garbage collector sees the circle.
struct PythonFunction {
  nb::object function;
  nb::object error;
  ~PythonFunction() {
    const nb::gil_scoped_acquire acquired;
    function.reset();
    error.reset();
  }
  PythonFunction(nb::object callee) : function(std::move(callee)) {}

  arrow::Status Call(const std::shared_ptr<arrow::Table>& rows) {
    const nb::gil_scoped_acquire acquired;
    const nb::object callee = function;
    if (!callee.is_valid()) return arrow::Status::OK();
    try {
      callee(ToPyArrow(rows));
      return arrow::Status::OK();
    } catch (nb::python_error& raised) {
      error = nb::borrow(raised.value());
      const nb::object name = nb::borrow(raised.type()).attr("__name__");
      return MakeError("CALLBACK_FAILED",
                       {{"message", nb::cast<std::string>(nb::str("{}: {}").format(name, error))}});
    }
  }
};

/// What Python holds of a stream that runs.
struct StreamHandle {
  std::shared_ptr<Session> session;
  std::unique_ptr<StreamRun> run;
  std::string table;                         ///< of a stream to memory
  std::shared_ptr<PythonFunction> callback;  ///< of a stream to one

  StreamHandle(StreamHandle&&) = default;
  explicit StreamHandle(std::shared_ptr<Session> owner) : session(std::move(owner)) {}
  ~StreamHandle() {
    if (run == nullptr) return;
    // It ends once its callback has returned, which needs the lock.
    const nb::gil_scoped_release released;
    run.reset();
  }
  void DropCallback() const {
    if (callback != nullptr && run->state().state != "running") callback->function.reset();
  }
  [[noreturn]] void RaiseError(const arrow::Status& status) const {
    const ErrorDetail* detail = GetErrorDetail(status);
    const bool is_callbacks =
        callback != nullptr && detail != nullptr && detail->error_class().name == "CALLBACK_FAILED";
    Raise(status, is_callbacks ? callback->error.ptr() : nullptr);
  }
};

SinkDescription SinkOf(const nb::tuple& sink) {
  SinkDescription description;
  description.connector = nb::cast<std::string>(sink[0]);
  description.format = nb::cast<std::string>(sink[1]);
  description.path = nb::cast<std::string>(sink[2]);
  if (description.connector == "files") {
    for (const auto& [key, value] : nb::cast<std::map<std::string, std::string>>(sink[3])) {
      description.options.emplace_back(key, value);
    }
  }
  return description;
}

StreamHandle Start(const std::shared_ptr<Session>& session, const RelationHandle& relation,
                   const nb::tuple& sink, nb::handle late, const std::string& checkpoint,
                   int64_t interval_ms, uint32_t parallelism, int workers) {
  static std::atomic<uint64_t> next_table{0};
  StreamHandle handle(session);
  StreamRequest request;
  request.relation = relation.relation;
  request.sink = SinkOf(sink);
  if (!late.is_none()) request.late_sink = SinkOf(nb::cast<nb::tuple>(late));
  request.checkpoint_folder = checkpoint;
  request.checkpoint_interval_ms = interval_ms;
  request.parallelism = parallelism;
  request.in_worker = workers > 0;
  if (request.sink.connector == "memory") {
    handle.table = "stream-" + std::to_string(next_table.fetch_add(1));
    request.sink.path = handle.table;
  } else if (request.sink.connector == "callback") {
    handle.callback =
        std::make_shared<PythonFunction>(nb::object(nb::cast<nb::dict>(sink[3])["function"]));
    const auto query = ValueOrRaise(session->Resolve(relation.relation));
    request.sink.path = session->AddConsumer(
        query->schema(),
        [function = handle.callback](uint64_t, std::shared_ptr<arrow::Table> rows) {
          return function->Call(rows);
        });
  }
  arrow::Status status;
  {
    const nb::gil_scoped_release released;
    auto started = session->StartStream(request);
    status = started.status();
    if (started.ok()) handle.run = std::move(*started);
  }
  RaiseIfError(status);
  return handle;
}

}  // namespace

void BindStreams(nb::module_& module) {
  nb::class_<StreamHandle>(module, "StreamHandle", "A stream that runs.")
      .def("status",
           [](const StreamHandle& self) {
             const StreamState state = self.run->state();
             self.DropCallback();
             const std::string error = state.error.ok() ? std::string() : RenderError(state.error);
             return std::tuple(state.state, state.rows_in, state.late, state.watermark_us,
                               state.epoch, error, state.worker_pid, state.num_restarts,
                               state.rows_saved);
           })
      .def(
          "wait",
          [](StreamHandle& self, int64_t timeout_ms) {
            const WaitHook hook = SignalHook();
            arrow::Result<bool> ended = false;
            {
              const nb::gil_scoped_release released;
              ended = self.run->Wait(timeout_ms, hook);
            }
            self.DropCallback();
            if (!ended.ok()) self.RaiseError(ended.status());
            return *ended;
          },
          nb::arg("timeout_ms"))
      .def("checkpoint",
           [](StreamHandle& self) {
             const WaitHook hook = SignalHook();
             arrow::Status status;
             {
               const nb::gil_scoped_release released;
               status = self.run->Checkpoint(hook);
             }
             if (!status.ok()) self.RaiseError(status);
           })
      .def("stop",
           [](StreamHandle& self) {
             {
               const nb::gil_scoped_release released;
               self.run->Stop();
             }
             self.DropCallback();
           })
      .def("forget_callback",
           [](StreamHandle& self) {
             if (self.callback == nullptr) return;
             self.callback->function.reset();
             self.callback->error.reset();
           })
      .def_ro("table", &StreamHandle::table)
      .def("relation", [](const StreamHandle& self) {
        return RelationHandle{self.session->StreamTable(self.table)};
      });
  module.def("start_stream", &Start, nb::arg("session"), nb::arg("relation"), nb::arg("sink"),
             nb::arg("late").none(), nb::arg("checkpoint"), nb::arg("interval_ms"),
             nb::arg("parallelism"), nb::arg("workers"));
  module.def(
      "as_stream",
      [](const RelationHandle& relation) {
        syntax::Memory memory = *relation.relation->As<syntax::Memory>();
        memory.is_stream = true;
        return RelationHandle{syntax::MakeRelation(std::move(memory))};
      },
      nb::arg("relation"));
}

}  // namespace sabot::python
