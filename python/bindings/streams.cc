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

/// What Python holds of a stream that runs.
struct StreamHandle {
  std::shared_ptr<Session> session;
  std::unique_ptr<StreamRun> run;
  std::string table;  ///< of a stream to memory
};

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

/// Holds a Python function so that it is released with the interpreter's lock.
struct PythonFunction {
  nb::object function;
  ~PythonFunction() {
    const nb::gil_scoped_acquire acquired;
    function.reset();
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
  StreamHandle handle{session, nullptr, {}};
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
    auto function = std::make_shared<PythonFunction>(
        PythonFunction{nb::object(nb::cast<nb::dict>(sink[3])["function"])});
    const auto query = ValueOrRaise(session->Resolve(relation.relation));
    request.sink.path = session->AddConsumer(
        query->schema(), [function](uint64_t, std::shared_ptr<arrow::Table> rows) {
          const nb::gil_scoped_acquire acquired;
          try {
            function->function(ToPyArrow(rows));
            return arrow::Status::OK();
          } catch (nb::python_error& error) {
            return MakeError("BAD_RECORD", {{"source", "callback"},
                                            {"position", "an epoch's rows"},
                                            {"message", error.what()}});
          }
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
            return ValueOrRaise(std::move(ended));
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
             RaiseIfError(status);
           })
      .def(
          "stop", [](StreamHandle& self) { self.run->Stop(); },
          nb::call_guard<nb::gil_scoped_release>())
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
