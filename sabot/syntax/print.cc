#include "sabot/syntax/print.h"

#include <string_view>

#include "sabot/types/identifier.h"

namespace sabot::syntax {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted.push_back('\'');
    quoted.push_back(c);
  }
  return quoted + "'";
}

std::string Dotted(const std::vector<std::string>& parts) {
  std::string name;
  for (const std::string& part : parts) {
    name.append(name.empty() ? "" : ".").append(QuoteIfNeeded(part));
  }
  return name;
}

/// Collects the elements of one (head element element).
class List {
 public:
  explicit List(std::string_view head) : text_("(") { text_.append(head); }

  List& Add(std::string_view element) {
    text_.append(text_.size() == 1 ? "" : " ").append(element);
    return *this;
  }
  template <typename Tree>
  List& AddAll(const std::vector<Tree>& trees) {
    for (const Tree& tree : trees) Add(Print(tree));
    return *this;
  }
  List& AddIf(bool is_set, std::string_view element) { return is_set ? Add(element) : *this; }
  /// (name tree), unless the tree is null.
  template <typename Tree>
  List& AddNamed(std::string_view name, const Tree& tree) {
    return tree == nullptr ? *this : Add(List(name).Add(Print(tree)).Done());
  }
  template <typename Tree>
  List& AddNamed(std::string_view name, const std::vector<Tree>& trees) {
    return trees.empty() ? *this : Add(List(name).AddAll(trees).Done());
  }
  List& AddNames(std::string_view name, const std::vector<std::string>& names) {
    if (names.empty()) return *this;
    List list(name);
    for (const std::string& one : names) list.Add(QuoteIfNeeded(one));
    return Add(list.Done());
  }
  std::string Done() { return std::move(text_) + ")"; }

 private:
  std::string text_;
};

std::string KeyText(const SortKey& key) {
  const std::string text = Print(key.expression);
  if (key.ascending && !key.nulls_first.has_value()) return text;
  List list(key.ascending ? "asc" : "desc");
  list.Add(text);
  if (key.nulls_first.has_value()) list.Add(*key.nulls_first ? "nulls-first" : "nulls-last");
  return list.Done();
}

std::string PropertiesText(const PropertyMap& properties) {
  List map("map");
  for (const auto& [name, value] : properties) {
    map.Add(List(QuoteIfNeeded(name)).Add(Print(value)).Done());
  }
  return map.Done();
}

std::string NodeText(const NodePattern& node) {
  List list("node");
  list.AddIf(!node.variable.empty(), QuoteIfNeeded(node.variable));
  if (node.has_any_label) {
    std::string labels;
    for (const std::string& label : node.labels)
      labels.append(labels.empty() ? ":" : "|").append(QuoteIfNeeded(label));
    list.Add(labels);
  } else {
    for (const std::string& label : node.labels) list.Add(":" + QuoteIfNeeded(label));
  }
  return list.AddIf(!node.properties.empty(), PropertiesText(node.properties)).Done();
}

std::string RelationshipText(const RelationshipPattern& relationship) {
  List list(relationship.direction == Direction::kOutgoing   ? "->"
            : relationship.direction == Direction::kIncoming ? "<-"
                                                             : "--");
  list.AddIf(!relationship.variable.empty(), QuoteIfNeeded(relationship.variable));
  for (const std::string& type : relationship.types) list.Add(":" + QuoteIfNeeded(type));
  if (relationship.length.has_value()) {
    const auto& [min, max] = *relationship.length;
    list.Add("*" + (min ? std::to_string(*min) : "") + ".." + (max ? std::to_string(*max) : ""));
  }
  return list.AddIf(!relationship.properties.empty(), PropertiesText(relationship.properties))
      .Done();
}

std::string PathText(const PathPattern& path) {
  List list(path.is_shortest ? "shortest" : "path");
  list.AddIf(!path.variable.empty(), QuoteIfNeeded(path.variable));
  for (size_t i = 0; i < path.nodes.size(); ++i) {
    if (i > 0) list.Add(RelationshipText(path.relationships[i - 1]));
    list.Add(NodeText(path.nodes[i]));
  }
  return list.Done();
}

std::string VertexText(const VertexTable& table) {
  List list("vertex");
  list.Add(Dotted(table.table)).AddIf(!table.alias.empty(), "as " + table.alias);
  list.AddNames("key", table.key);
  return list.AddIf(!table.label.empty(), ":" + table.label).Done();
}

std::string EdgeText(const EdgeTable& table) {
  List list("edge");
  list.Add(Dotted(table.table)).AddIf(!table.alias.empty(), "as " + table.alias);
  list.AddNames("key", table.key);
  const auto end = [](std::string_view name, const auto& key, const auto& target,
                      const auto& columns) {
    return List(name).Add(Dotted(key)).Add(target).AddIf(!columns.empty(), Dotted(columns)).Done();
  };
  list.Add(end("source", table.source_key, table.source_table, table.source_columns));
  list.Add(end("destination", table.destination_key, table.destination_table,
               table.destination_columns));
  return list.AddIf(!table.label.empty(), ":" + table.label).Done();
}

struct LiteralPrinter {
  std::string operator()(const Literal::Null&) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const Literal::Number& number) const { return number.text; }
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(const Literal::Typed& typed) const {
    return List(typed.type).Add(Quoted(typed.text)).Done();
  }
  std::string operator()(const Literal::Interval& interval) const {
    List list("interval");
    for (const auto& part : interval.parts) {
      list.Add(part.text).Add(part.to.empty() ? part.unit : part.unit + "-" + part.to);
    }
    return list.Done();
  }
  std::string operator()(const TypedValue& value) const { return value.ToSql(); }
};

struct ExpressionPrinter {
  std::string operator()(const Literal& literal) const {
    return std::visit(LiteralPrinter{}, literal.value);
  }
  std::string operator()(const Name& name) const {
    return Dotted(name.parts) + (name.plan_id ? "#" + std::to_string(*name.plan_id) : "");
  }
  std::string operator()(const Star& star) const {
    return star.qualifier.empty() ? "*" : Dotted(star.qualifier) + ".*";
  }
  std::string operator()(const Parameter& parameter) const { return ":" + parameter.name; }
  std::string operator()(const Call& call) const {
    return List(call.function)
        .AddIf(call.distinct, "distinct")
        .AddAll(call.arguments)
        .AddNamed("filter", call.filter)
        .Done();
  }
  std::string operator()(const Cast& cast) const {
    return List(cast.is_try ? "try_cast" : "cast")
        .Add(Print(cast.argument))
        .Add(cast.type.ToSql())
        .Done();
  }
  std::string operator()(const Case& expression) const {
    List list("case");
    if (expression.operand != nullptr) list.Add(Print(expression.operand));
    for (const auto& [condition, value] : expression.branches) {
      list.Add(List("when").Add(Print(condition)).Add(Print(value)).Done());
    }
    return list.AddNamed("else", expression.otherwise).Done();
  }
  std::string operator()(const Alias& alias) const {
    return List("as").Add(Print(alias.argument)).Add(QuoteIfNeeded(alias.name)).Done();
  }
  std::string operator()(const HasLabels& test) const {
    List list("labels");
    list.Add(Print(test.argument));
    for (const std::string& label : test.labels) list.Add(":" + QuoteIfNeeded(label));
    return list.Done();
  }
};

std::string PrintOptions(const Options& options) {
  List list("options");
  for (const auto& [key, value] : options) list.Add(List(key).Add(Quoted(value)).Done());
  return options.empty() ? "" : list.Done();
}

std::string_view NameOf(JoinType type) {
  constexpr std::string_view kNames[] = {"inner", "left", "right", "full", "semi", "anti", "cross"};
  return kNames[static_cast<size_t>(type)];
}

std::string_view NameOf(SetOperation operation) {
  constexpr std::string_view kNames[] = {"union", "intersect", "except"};
  return kNames[static_cast<size_t>(operation)];
}

struct RelationPrinter {
  std::string operator()(const Table& table) const { return Dotted(table.parts); }
  std::string operator()(const Files& files) const {
    List list("files");
    list.AddIf(files.is_stream, "stream").AddIf(!files.format.empty(), files.format);
    for (const std::string& path : files.paths) list.Add(Quoted(path));
    return Sourced(std::move(list), files.options, files.schema);
  }
  std::string operator()(const External& external) const {
    return Sourced(List("external").Add(external.system), external.options, external.schema);
  }
  std::string operator()(const Memory& memory) const {
    return List("memory").AddIf(memory.is_stream, "stream").Add(Quoted(memory.id)).Done();
  }
  std::string operator()(const TableFunction& function) const {
    return List("call").Add(function.name).AddAll(function.arguments).Done();
  }
  std::string operator()(const Values& values) const {
    List list("values");
    for (const auto& row : values.rows) list.Add(List("").AddAll(row).Done());
    return list.Done();
  }
  std::string operator()(const Select& select) const {
    return List("select")
        .AddIf(select.distinct, "distinct")
        .Add(List("").AddAll(select.projection).Done())
        .AddNamed("from", select.from)
        .AddNamed("where", select.where)
        .AddNamed("group", select.group_by)
        .AddIf(select.group_by_all, "(group all)")
        .AddNamed("having", select.having)
        .Done();
  }
  std::string operator()(const Ordered& ordered) const {
    List list("ordered");
    list.Add(Print(ordered.input));
    AddKeys(ordered.order_by, &list);
    return list.AddNamed("limit", ordered.limit).AddNamed("offset", ordered.offset).Done();
  }
  std::string operator()(const With& with) const {
    List list("with");
    for (const With::Common& common : with.commons) {
      list.Add(
          List(common.name).AddNames("columns", common.columns).Add(Print(common.query)).Done());
    }
    return list.Add(Print(with.input)).Done();
  }
  std::string operator()(const Project& project) const {
    return List("project").Add(Print(project.input)).AddAll(project.expressions).Done();
  }
  std::string operator()(const WithColumns& with) const {
    List list("with-columns");
    list.Add(Print(with.input));
    for (const auto& [name, value] : with.columns) list.Add(List(name).Add(Print(value)).Done());
    return list.Done();
  }
  std::string operator()(const WithColumnsRenamed& renamed) const {
    List list("rename");
    list.Add(Print(renamed.input));
    for (const auto& [from, to] : renamed.renames) list.Add(List(from).Add(to).Done());
    return list.Done();
  }
  std::string operator()(const Drop& drop) const {
    List list("drop");
    list.Add(Print(drop.input)).AddNames("columns", drop.columns);
    for (const Name& name : drop.references) list.Add(ExpressionPrinter{}(name));
    return list.Done();
  }
  std::string operator()(const Filter& filter) const {
    return List("filter").Add(Print(filter.input)).Add(Print(filter.condition)).Done();
  }
  std::string operator()(const Aggregate& aggregate) const {
    return List("aggregate")
        .Add(Print(aggregate.input))
        .AddNamed("keys", aggregate.keys)
        .AddAll(aggregate.aggregates)
        .Done();
  }
  std::string operator()(const Sort& sort) const {
    List list("sort");
    list.Add(Print(sort.input));
    AddKeys(sort.keys, &list);
    return list.Done();
  }
  std::string operator()(const Limit& limit) const {
    return List("limit")
        .Add(Print(limit.input))
        .Add(std::to_string(limit.count.value_or(-1)))
        .Add(std::to_string(limit.offset))
        .Done();
  }
  std::string operator()(const Join& join) const {
    return List("join")
        .AddIf(join.is_natural, "natural")
        .Add(NameOf(join.type))
        .Add(Print(join.left))
        .Add(Print(join.right))
        .AddNamed("on", join.condition)
        .AddNames("using", join.using_columns)
        .Done();
  }
  std::string operator()(const SetOperator& set) const {
    return List(NameOf(set.operation))
        .AddIf(set.all, "all")
        .AddIf(set.by_name, "by-name")
        .Add(Print(set.left))
        .Add(Print(set.right))
        .Done();
  }
  std::string operator()(const Distinct& distinct) const {
    return List("distinct").Add(Print(distinct.input)).AddNames("keys", distinct.keys).Done();
  }
  std::string operator()(const SubqueryAlias& alias) const {
    return List("as")
        .Add(Print(alias.input))
        .Add(QuoteIfNeeded(alias.name))
        .AddNames("columns", alias.columns)
        .Done();
  }
  std::string operator()(const EventTime& event) const {
    return List("event-time")
        .Add(Print(event.input))
        .Add(event.column)
        .Add(std::to_string(event.delay_us))
        .Add(std::to_string(event.lateness_us))
        .Done();
  }
  std::string operator()(const Match& match) const {
    List list("match");
    list.AddIf(match.input != nullptr, Print(match.input)).AddIf(!match.graph.empty(), match.graph);
    for (const PathPattern& path : match.paths) list.Add(PathText(path));
    return list.AddNamed("where", match.where).Done();
  }
  std::string operator()(const Return& result) const {
    List list("return");
    list.AddIf(result.distinct, "distinct");
    list.Add(Print(result.input)).Add(List("").AddAll(result.items).Done());
    AddKeys(result.order_by, &list);
    return list.AddNamed("skip", result.skip).AddNamed("limit", result.limit).Done();
  }

 private:
  static void AddKeys(const std::vector<SortKey>& keys, List* list) {
    if (keys.empty()) return;
    List order("order");
    for (const SortKey& key : keys) order.Add(KeyText(key));
    list->Add(order.Done());
  }
  static std::string Sourced(List list, const Options& options,
                             const std::optional<Schema>& schema) {
    list.AddIf(!options.empty(), PrintOptions(options));
    return list.AddIf(schema.has_value(), schema ? "(" + schema->ToDdl() + ")" : "").Done();
  }
};

struct StatementPrinter {
  std::string operator()(const Query& query) const { return Print(query.relation); }
  std::string operator()(const CreateView& view) const {
    return List("create-view")
        .AddIf(view.replace, "replace")
        .Add(view.name)
        .AddNames("columns", view.columns)
        .Add(Print(view.query))
        .Done();
  }
  std::string operator()(const CreatePropertyGraph& graph) const {
    List list("create-graph");
    list.AddIf(graph.replace, "replace").Add(graph.name);
    for (const VertexTable& table : graph.vertex_tables) list.Add(VertexText(table));
    for (const EdgeTable& table : graph.edge_tables) list.Add(EdgeText(table));
    return list.Done();
  }
  std::string operator()(const DropObject& drop) const {
    constexpr std::string_view kKinds[] = {"drop-view", "drop-table", "drop-graph"};
    return List(kKinds[static_cast<size_t>(drop.kind)])
        .AddIf(drop.if_exists, "if-exists")
        .Add(drop.name)
        .Done();
  }
  std::string operator()(const Show& show) const {
    constexpr std::string_view kKinds[] = {"show-tables", "show-views", "show-functions",
                                           "show-graphs", "show-columns"};
    return List(kKinds[static_cast<size_t>(show.kind)])
        .AddIf(!show.table.empty(), Dotted(show.table))
        .AddIf(!show.pattern.empty(), Quoted(show.pattern))
        .Done();
  }
  std::string operator()(const Describe& describe) const {
    return List("describe")
        .AddNames("table", describe.table)
        .AddIf(!describe.function.empty(), "(function " + describe.function + ")")
        .AddNamed("query", describe.query)
        .Done();
  }
  std::string operator()(const Set& set) const {
    return List(set.reset ? "reset" : "set")
        .AddIf(!set.key.empty(), set.key)
        .AddIf(set.value.has_value(), Quoted(set.value.value_or("")))
        .Done();
  }
  std::string operator()(const Explain& explain) const {
    constexpr std::string_view kModes[] = {"explain", "explain-extended", "explain-analyze"};
    return List(kModes[static_cast<size_t>(explain.mode)]).Add(Print(explain.statement)).Done();
  }
  std::string operator()(const WriteFiles& write) const {
    return List("write")
        .AddIf(write.overwrite, "overwrite")
        .Add(write.format)
        .Add(Quoted(write.path))
        .AddIf(!write.options.empty(), PrintOptions(write.options))
        .Add(Print(write.query))
        .Done();
  }
};

}  // namespace

std::string Print(const ExpressionPtr& expression) {
  return expression == nullptr ? "()" : std::visit(ExpressionPrinter{}, expression->node);
}

std::string Print(const RelationPtr& relation) {
  return relation == nullptr ? "()" : std::visit(RelationPrinter{}, relation->node);
}

std::string Print(const StatementPtr& statement) {
  return statement == nullptr ? "()" : std::visit(StatementPrinter{}, statement->node);
}

}  // namespace sabot::syntax
