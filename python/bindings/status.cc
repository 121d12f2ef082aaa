#include "python/bindings/status.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "sabot/base/error.h"

namespace nb = nanobind;

namespace sabot::python {
namespace {

const char* ClassNameOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kParse:
      return "ParseError";
    case ErrorKind::kAnalysis:
      return "AnalysisError";
    case ErrorKind::kExecution:
      return "ExecutionError";
    case ErrorKind::kUnsupported:
      return "UnsupportedError";
    case ErrorKind::kConnector:
      return "ConnectorError";
    case ErrorKind::kResource:
      return "ResourceError";
    case ErrorKind::kCancelled:
      return "CancelledError";
    case ErrorKind::kInternal:
      return "InternalError";
  }
  return "InternalError";
}

}  // namespace

void Raise(const arrow::Status& foreign, PyObject* cause) {
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  const arrow::Status status = Catalogued(foreign);
  const ErrorDetail& detail = *GetErrorDetail(status);
  nb::dict parameters;
  for (const ErrorParameter& parameter : detail.parameters()) {
    parameters[parameter.name.c_str()] = parameter.value;
  }
  nb::object position = nb::none();
  nb::object span = nb::none();
  if (detail.span().is_known()) {
    const TextPosition place = PositionOf(detail.statement(), detail.span().begin);
    position = nb::make_tuple(place.line, place.column);
    span = nb::make_tuple(detail.span().begin, detail.span().end);
  }
  const nb::object type =
      nb::module_::import_("sabot.errors").attr(ClassNameOf(detail.error_class().kind));
  const nb::object error = type(RenderError(status), std::string(detail.error_class().name),
                                std::string(detail.error_class().sqlstate), parameters, position,
                                span, detail.hint(), detail.statement());
  if (cause != nullptr) PyException_SetCause(error.ptr(), Py_NewRef(cause));
  PyErr_SetObject(type.ptr(), error.ptr());
  throw nb::python_error();
}

}  // namespace sabot::python
