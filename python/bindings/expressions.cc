#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/bindings/bindings.h"
#include "python/bindings/status.h"
#include "python/bindings/values.h"

#include "sabot/session/build.h"

namespace nb = nanobind;

namespace sabot::python {

void BindExpressions(nb::module_& module) {
  using syntax::ExpressionPtr;
  nb::class_<ExpressionHandle>(
      module, "Expression",
      "An expression as written; it gets its type when a query is made of it.")
      .def("__repr__", [](const ExpressionHandle& self) { return build::Print(self.expression); });
  module.def(
      "column",
      [](const std::string& name) {
        return ExpressionHandle{ValueOrRaise(build::ParseColumn(name))};
      },
      nb::arg("name"), "A column by name; dots lead into tables and structs, backticks quote.");
  module.def(
      "literal",
      [](nb::handle value) {
        return ExpressionHandle{syntax::MakeExpression(syntax::Literal{FromPython(value)})};
      },
      nb::arg("value").none(), "A value as an expression.");
  module.def(
      "expression",
      [](const std::string& text) {
        return ExpressionHandle{ValueOrRaise(build::ParseExpression(text))};
      },
      nb::arg("text"), "An expression in SQL.");
  module.def(
      "call",
      [](const std::string& function, const std::vector<ExpressionHandle>& arguments,
         bool distinct) {
        return ExpressionHandle{build::Call(function, Expressions(arguments), distinct)};
      },
      nb::arg("function"), nb::arg("arguments"), nb::arg("distinct") = false,
      "A function or operator by name.");
  module.def(
      "alias",
      [](const ExpressionHandle& argument, const std::string& name) {
        return ExpressionHandle{syntax::MakeExpression(syntax::Alias{argument.expression, name})};
      },
      nb::arg("argument"), nb::arg("name"));
  module.def(
      "cast",
      [](const ExpressionHandle& argument, const std::string& type) {
        return ExpressionHandle{ValueOrRaise(build::Cast(argument.expression, type))};
      },
      nb::arg("argument"), nb::arg("type"), "CAST to a type as SQL writes it.");
}

std::vector<syntax::ExpressionPtr> Expressions(const std::vector<ExpressionHandle>& handles) {
  std::vector<syntax::ExpressionPtr> expressions;
  for (const ExpressionHandle& handle : handles) expressions.push_back(handle.expression);
  return expressions;
}

}  // namespace sabot::python
