#include <optional>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "arrow/c/bridge.h"
#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "arrow/type.h"
#include "python/bindings/bindings.h"
#include "python/bindings/status.h"
#include "python/bindings/values.h"

#include "sabot/base/error.h"

namespace nb = nanobind;

namespace sabot::python {

WaitHook SignalHook() {
  return [] {
    const nb::gil_scoped_acquire acquired;
    return PyErr_CheckSignals() == 0 ? arrow::Status::OK()
                                     : arrow::Status::Cancelled("interrupted");
  };
}

std::shared_ptr<arrow::RecordBatchReader> ImportStream(nb::handle table) {
  if (!nb::hasattr(table, "__arrow_c_stream__")) {
    throw nb::type_error(
        "a table has __arrow_c_stream__: an Arrow, pandas (2.2 or later) or Polars table");
  }
  const nb::object capsule = table.attr("__arrow_c_stream__")();
  auto* stream =
      static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (stream == nullptr) throw nb::python_error();
  return ValueOrRaise(arrow::ImportRecordBatchReader(stream));
}

namespace {

/// A result as an Arrow stream: what crosses to Python without copies.
class ResultReader final : public arrow::RecordBatchReader {
 public:
  ResultReader(std::shared_ptr<ResultStream> result, std::shared_ptr<arrow::Schema> schema)
      : result_(std::move(result)), schema_(std::move(schema)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    // The consumer may hold the interpreter's lock while it pulls.
    std::optional<nb::gil_scoped_release> released;
    if (PyGILState_Check() != 0) released.emplace();
    return result_->NextArrow(&CheckSignals).Value(batch);
  }

 private:
  // The consumer's code knows nothing of an exception that is set, so the signal is put back: it is
  // raised when the consumer returns to Python.
  static arrow::Status CheckSignals() {
    const nb::gil_scoped_acquire acquired;
    if (PyErr_CheckSignals() == 0) return arrow::Status::OK();
    PyErr_Clear();
    PyErr_SetInterrupt();
    return arrow::Status::Cancelled("interrupted");
  }

  std::shared_ptr<ResultStream> result_;
  std::shared_ptr<arrow::Schema> schema_;
};

/// All rows of a result, for those who take an Arrow stream.
struct ArrowRows {
  std::shared_ptr<arrow::Table> table;
};

nb::capsule ExportReader(std::shared_ptr<arrow::RecordBatchReader> reader) {
  auto* stream = new ArrowArrayStream();
  const arrow::Status status = arrow::ExportRecordBatchReader(std::move(reader), stream);
  if (!status.ok()) delete stream;
  RaiseIfError(status);
  return nb::capsule(stream, "arrow_array_stream", [](void* pointer) noexcept {
    auto* owned = static_cast<ArrowArrayStream*>(pointer);
    if (owned->release != nullptr) owned->release(owned);
    delete owned;
  });
}

nb::capsule ExportStream(const Query& query) {
  std::shared_ptr<ResultStream> result;
  std::shared_ptr<arrow::Schema> schema;
  arrow::Status status;
  {
    const nb::gil_scoped_release released;
    auto started = query.Execute();
    status = started.status();
    if (status.ok()) {
      result = std::move(*started);
      status = ToArrow(query.schema()).Value(&schema);
    }
  }
  RaiseIfError(status);
  return ExportReader(std::make_shared<ResultReader>(std::move(result), std::move(schema)));
}

Parameters ToParameters(const nb::dict& values) {
  Parameters parameters;
  for (const auto& [key, value] : values)
    parameters.emplace(nb::cast<std::string>(key), FromPython(value));
  return parameters;
}

std::vector<std::tuple<std::string, std::string, bool>> SchemaOf(const Schema& schema) {
  std::vector<std::tuple<std::string, std::string, bool>> columns;
  for (const TypeField& field : schema.columns)
    columns.emplace_back(field.name, field.type.ToSimpleString(), field.nullable);
  return columns;
}

/// Run without the interpreter's lock, then raise with it.
template <typename Work>
auto Released(Work&& work) {
  auto result = [&] {
    const nb::gil_scoped_release released;
    return work();
  }();
  return ValueOrRaise(std::move(result));
}

ExplainKind KindOf(const std::string& mode) {
  if (mode == "physical") return ExplainKind::kPhysical;
  if (mode == "logical") return ExplainKind::kLogical;
  if (mode == "optimized") return ExplainKind::kOptimized;
  if (mode == "all") return ExplainKind::kAll;
  if (mode == "analyze") return ExplainKind::kAnalyze;
  Raise(MakeError("INVALID_PARAMETER_VALUE",
                  {{"parameter", "mode"},
                   {"functionName", "explain"},
                   {"message", "it is 'physical', 'logical', 'optimized', 'all' or 'analyze'"}}));
}

nb::list AllRows(const Query& query) {
  auto stream = Released([&] { return query.Execute(); });
  nb::list rows;
  const WaitHook hook = SignalHook();
  while (true) {
    const std::optional<Batch> batch = Released([&] { return stream->Next(hook); });
    if (!batch.has_value()) return rows;
    AppendRows(*batch, query.schema(), &rows);
  }
}

ArrowRows AllArrow(const Query& query) {
  const WaitHook hook = SignalHook();
  return {Released([&]() -> arrow::Result<std::shared_ptr<arrow::Table>> {
    ARROW_ASSIGN_OR_RAISE(const auto stream, query.Execute());
    ARROW_ASSIGN_OR_RAISE(const auto schema, ToArrow(query.schema()));
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, stream->NextArrow(hook));
      if (batch == nullptr) return arrow::Table::FromRecordBatches(schema, std::move(batches));
      batches.push_back(std::move(batch));
    }
  })};
}

RelationHandle RelationOf(const Query& query) {
  syntax::RelationPtr relation = query.relation();
  if (relation == nullptr) {
    Raise(UnsupportedError("a step on a command without rows",
                           "a query, or a command with rows such as SHOW TABLES"));
  }
  return {std::move(relation)};
}

}  // namespace

void BindSession(nb::module_& module) {
  nb::class_<ArrowRows>(module, "ArrowRows", "The rows of a result, by the Arrow C stream.")
      .def(
          "__arrow_c_stream__",
          [](const ArrowRows& self, nb::handle) {
            return ExportReader(std::make_shared<arrow::TableBatchReader>(self.table));
          },
          nb::arg("requested_schema") = nb::none());

  nb::class_<Query>(module, "Query", "A statement that was understood.")
      .def_prop_ro("schema", [](const Query& self) { return SchemaOf(self.schema()); })
      .def_prop_ro("is_lazy", &Query::is_lazy)
      .def_prop_ro("relation", &RelationOf)
      .def(
          "explain",
          [](const Query& self, const std::string& mode) {
            const ExplainKind kind = KindOf(mode);
            const WaitHook hook = SignalHook();
            return Released([&] { return self.Explain(kind, hook); });
          },
          nb::arg("mode"))
      .def("rows", &AllRows)
      .def("table", &AllArrow)
      .def(
          "text",
          [](const Query& self, int64_t max_rows) {
            const WaitHook hook = SignalHook();
            return Released([&]() -> arrow::Result<std::string> {
              ARROW_ASSIGN_OR_RAISE(const auto stream, self.Execute());
              return RenderTable(*stream, max_rows, hook);
            });
          },
          nb::arg("max_rows"))
      .def("has_same_plan",
           [](const Query& self, const Query& other) { return self.HasSamePlan(other); })
      .def(
          "__arrow_c_stream__", [](const Query& self, nb::handle) { return ExportStream(self); },
          nb::arg("requested_schema") = nb::none());

  nb::class_<Session>(module, "Session", "One user's names, options and statements.")
      .def_static(
          "make",
          [](const std::map<std::string, std::string>& options) {
            return ValueOrRaise(Session::Make(options));
          },
          nb::arg("options"))
      .def(
          "sql",
          [](Session& self, const std::string& text, const nb::dict& parameters) {
            const Parameters values = ToParameters(parameters);
            const WaitHook hook = SignalHook();
            return Released([&] { return self.Sql(text, values, hook); });
          },
          nb::arg("text"), nb::arg("parameters"))
      .def(
          "cypher",
          [](Session& self, const std::string& text, const std::string& graph,
             const nb::dict& parameters) {
            const Parameters values = ToParameters(parameters);
            return Released([&] { return self.Cypher(text, graph, values); });
          },
          nb::arg("text"), nb::arg("graph"), nb::arg("parameters"))
      .def(
          "resolve",
          [](Session& self, const RelationHandle& relation) {
            return Released([&] { return self.Resolve(relation.relation); });
          },
          nb::arg("relation"))
      .def(
          "write_files",
          [](Session& self, const RelationHandle& relation, const std::string& format,
             const std::string& path, const std::map<std::string, std::string>& options,
             bool overwrite) {
            const auto statement = syntax::MakeStatement(
                syntax::WriteFiles{format, path, options, overwrite, relation.relation});
            const WaitHook hook = SignalHook();
            Released([&] { return self.Run(statement, {}, hook); });
          },
          nb::arg("relation"), nb::arg("format"), nb::arg("path"), nb::arg("options"),
          nb::arg("overwrite"))
      .def(
          "register_arrow",
          [](Session& self, const std::string& name, nb::handle table, bool replace) {
            const auto reader = ImportStream(table);
            return RelationHandle{
                Released([&] { return self.RegisterArrow(name, *reader, replace); })};
          },
          nb::arg("name"), nb::arg("table"), nb::arg("replace"))
      .def(
          "create_view",
          [](Session& self, const std::string& name, const RelationHandle& relation, bool replace) {
            RaiseIfError(self.CreateView(name, relation.relation, replace));
          },
          nb::arg("name"), nb::arg("relation"), nb::arg("replace"))
      .def("drop_view", &Session::DropView, nb::arg("name"))
      .def("has_table", &Session::HasTable, nb::arg("name"))
      .def(
          "set_option",
          [](Session& self, const std::string& key, const std::string& value) {
            RaiseIfError(self.SetOption(key, value));
          },
          nb::arg("key"), nb::arg("value"))
      .def(
          "get_option",
          [](const Session& self, const std::string& key) {
            return ValueOrRaise(self.GetOption(key));
          },
          nb::arg("key"))
      .def(
          "reset_option",
          [](Session& self, const std::string& key) { RaiseIfError(self.ResetOption(key)); },
          nb::arg("key"))
      .def("options",
           [](const Session& self) {
             std::vector<std::tuple<std::string, std::string, std::string>> options;
             for (const SessionOption& option : self.Options())
               options.emplace_back(option.key, option.value, option.description);
             return options;
           })
      .def("shutdown", &Session::Shutdown, nb::call_guard<nb::gil_scoped_release>())
      .def_prop_ro("is_shut_down", &Session::is_shut_down);
}

}  // namespace sabot::python

NB_MODULE(_engine, module) {
  module.doc() = "The engine behind the sabot package. Use sabot.Sabot.";
  sabot::python::BindExpressions(module);
  sabot::python::BindRelations(module);
  sabot::python::BindSession(module);
  sabot::python::BindStreams(module);
}
