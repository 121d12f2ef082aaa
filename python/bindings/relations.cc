#include <map>

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "python/bindings/bindings.h"
#include "python/bindings/status.h"

#include "sabot/session/build.h"

namespace nb = nanobind;

namespace sabot::python {
namespace {

using StringMap = std::map<std::string, std::string>;

template <typename Node>
RelationHandle Make(Node node) {
  return {syntax::MakeRelation(std::move(node))};
}

std::optional<Schema> ParsedSchema(const std::optional<std::string>& ddl) {
  if (!ddl.has_value()) return std::nullopt;
  return ValueOrRaise(ParseSchema(*ddl));
}

}  // namespace

void BindRelations(nb::module_& module) {
  nb::class_<RelationHandle>(module, "Relation",
                             "A step of a query and those below it, as written.")
      .def("__repr__", [](const RelationHandle& self) { return build::Print(self.relation); })
      .def("filter",
           [](const RelationHandle& self, const ExpressionHandle& condition) {
             return Make(syntax::Filter{self.relation, condition.expression});
           })
      .def("select",
           [](const RelationHandle& self, const std::vector<ExpressionHandle>& expressions) {
             return Make(syntax::Project{self.relation, Expressions(expressions)});
           })
      .def("with_column",
           [](const RelationHandle& self, const std::string& name, const ExpressionHandle& value) {
             return Make(syntax::WithColumns{self.relation, {{name, value.expression}}});
           })
      .def("aggregate",
           [](const RelationHandle& self, const std::vector<ExpressionHandle>& keys,
              const std::vector<ExpressionHandle>& aggregates) {
             return Make(
                 syntax::Aggregate{self.relation, Expressions(keys), Expressions(aggregates)});
           })
      .def(
          "join",
          [](const RelationHandle& self, const RelationHandle& other,
             const std::vector<std::string>& using_columns,
             const std::optional<ExpressionHandle>& condition, const std::string& how) {
            return RelationHandle{ValueOrRaise(
                build::Join(self.relation, other.relation, using_columns,
                            condition.has_value() ? condition->expression : nullptr, how))};
          },
          nb::arg("other"), nb::arg("using_columns"), nb::arg("condition").none(), nb::arg("how"))
      .def("sort",
           [](const RelationHandle& self,
              const std::vector<std::tuple<ExpressionHandle, bool, std::optional<bool>>>& keys) {
             syntax::Sort sort{self.relation, {}};
             for (const auto& [key, ascending, nulls_first] : keys)
               sort.keys.push_back({key.expression, ascending, nulls_first});
             return Make(std::move(sort));
           })
      .def(
          "limit",
          [](const RelationHandle& self, int64_t count, int64_t offset) {
            return Make(syntax::Limit{self.relation, count, offset});
          },
          nb::arg("count"), nb::arg("offset") = 0)
      .def("distinct",
           [](const RelationHandle& self) { return Make(syntax::Distinct{self.relation}); })
      .def("union_all",
           [](const RelationHandle& self, const RelationHandle& other) {
             return Make(syntax::SetOperator{syntax::SetOperation::kUnion, true, self.relation,
                                             other.relation, false});
           })
      .def("alias",
           [](const RelationHandle& self, const std::string& name) {
             return Make(syntax::SubqueryAlias{self.relation, name, {}});
           })
      .def(
          "event_time",
          [](const RelationHandle& self, const std::string& column, int64_t delay_us,
             int64_t lateness_us) {
            return Make(syntax::EventTime{self.relation, column, delay_us, lateness_us});
          },
          nb::arg("column"), nb::arg("delay_us"), nb::arg("lateness_us"));
  module.def("table", [](const std::string& name) {
    return RelationHandle{ValueOrRaise(build::ParseTable(name))};
  });
  module.def(
      "files",
      [](const std::string& format, const std::vector<std::string>& paths, const StringMap& options,
         const std::optional<std::string>& schema, bool is_stream) {
        return Make(syntax::Files{format, paths, options, ParsedSchema(schema), is_stream});
      },
      nb::arg("format"), nb::arg("paths"), nb::arg("options"), nb::arg("schema").none(),
      nb::arg("is_stream"));
  module.def(
      "external",
      [](const std::string& system, const StringMap& options,
         const std::optional<std::string>& schema) {
        return Make(syntax::External{system, options, ParsedSchema(schema)});
      },
      nb::arg("system"), nb::arg("options"), nb::arg("schema").none());
}

}  // namespace sabot::python
