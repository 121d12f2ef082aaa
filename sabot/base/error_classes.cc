#include "sabot/base/error.h"

namespace sabot {
namespace {

using enum ErrorKind;

// Ordered by name: FindErrorClass searches it by halves (error_test.cc checks the order).
constexpr ErrorClass kClasses[] = {
    {"AMBIGUOUS_REFERENCE", "42704", kAnalysis,
     "Reference <name> is ambiguous, could be: <referenceNames>."},
    {"ARITHMETIC_OVERFLOW", "22003", kExecution,
     "<message>. Use `try_<alternative>` to get NULL instead, or a wider type."},
    {"BAD_RECORD", "22023", kConnector, "<source>, <position>: <message>."},
    {"CANNOT_INFER_SCHEMA", "42K0E", kAnalysis,
     "The schema of <source> cannot be inferred: <reason>. Give one."},
    {"CANNOT_PARSE_INTERVAL", "22006", kExecution, "Unable to parse the interval <input>."},
    {"CAST_INVALID_INPUT", "22018", kExecution,
     "The value <expression> of the type <sourceType> cannot be cast to <targetType> because it "
     "is malformed. Use `try_cast` to get NULL instead."},
    {"CAST_OVERFLOW", "22003", kExecution,
     "The value <value> of the type <sourceType> cannot be cast to <targetType> due to an "
     "overflow. Use `try_cast` to get NULL instead."},
    {"CHECKPOINT_CORRUPT", "58030", kConnector, "The checkpoint at <path> is damaged: <message>."},
    {"CHECKPOINT_FENCED", "58030", kConnector,
     "Generation <generation> no longer owns the checkpoints at <path>: <message>."},
    {"CHECKPOINT_INCOMPATIBLE", "58030", kConnector,
     "The checkpoint at <path> does not fit this job: <message>."},
    {"CODEC_ERROR", "22000", kConnector, "Encoded data cannot be read: <message>."},
    {"CONFIG_INVALID", "22023", kAnalysis, "The option <key> cannot be <value>: <expected>."},
    {"CONFIG_NOT_FOUND", "42K0I", kAnalysis, "There is no option <key>."},
    {"CONNECTION_FAILED", "08001", kConnector,
     "No connection to <system> at <address>: <message>."},
    {"DATATYPE_MISMATCH", "42K09", kAnalysis,
     "Cannot resolve <sqlExpr> due to data type mismatch: <message>."},
    {"DIVIDE_BY_ZERO", "22012", kExecution,
     "Division by zero. Use `try_divide` to get NULL instead."},
    {"ENGINE_CLOSED", "08003", kAnalysis, "The engine was shut down; make a new Sabot()."},
    {"FIELD_NOT_FOUND", "42704", kAnalysis, "No such struct field <fieldName> in <fields>."},
    {"FILE_ALREADY_EXISTS", "42K04", kConnector, "The path <path> exists already."},
    {"FILE_NOT_FOUND", "42K03", kAnalysis, "No file matches <path>."},
    {"GRAPH_ALREADY_EXISTS", "42710", kAnalysis, "The property graph <name> exists already."},
    {"GRAPH_NOT_FOUND", "42704", kAnalysis, "There is no property graph <name>."},
    {"GROUP_BY_AGGREGATE", "42903", kAnalysis,
     "Aggregate functions are not allowed in GROUP BY, but found <sqlExpr>."},
    {"GROUP_BY_POS_OUT_OF_RANGE", "42805", kAnalysis,
     "GROUP BY position <index> is not in select list (valid range is [1, <size>])."},
    {"INTERNAL_ERROR", "XX000", kInternal, "<message>. This is a bug in Sabot; please report it."},
    {"INVALID_DATETIME_PATTERN", "22007", kAnalysis,
     "Unrecognized datetime pattern <pattern>: <message>."},
    {"INVALID_EXTRACT_FIELD", "42601", kAnalysis, "Cannot extract <field> from <expr>."},
    {"INVALID_LIMIT", "42K0E", kAnalysis, "<clause> must be a constant of at least 0: <message>."},
    {"INVALID_PARAMETER_VALUE", "22023", kAnalysis,
     "The value of <parameter> in <functionName> is invalid: <message>."},
    {"INVALID_TIMEZONE", "22009", kAnalysis,
     "The time zone <timeZone> is invalid: it must be a region such as Europe/Berlin or an offset "
     "such as +02:00."},
    {"INVALID_TYPED_LITERAL", "42604", kParse,
     "The value of the typed literal <valueType> is invalid: <value>."},
    {"INVALID_WHERE_CONDITION", "42903", kAnalysis,
     "The WHERE condition <condition> contains invalid expressions: <expressionList>."},
    {"IO_ERROR", "58030", kConnector, "<message>."},
    {"JOIN_CONDITION_UNSUPPORTED", "0A000", kUnsupported,
     "The join condition <condition> has no equality between both sides. Nearest that works: "
     "<alternative>."},
    {"LATE_BOUND_PARAMETER", "42P02", kAnalysis, "The query's parameter <name> has no value."},
    {"MALFORMED_FILE", "22023", kConnector, "<path> is not a readable <format> file: <message>."},
    {"MISSING_AGGREGATION", "42803", kAnalysis,
     "The non-aggregating expression <expression> is based on columns which are not participating "
     "in the GROUP BY clause."},
    {"MISSING_CLAUSE", "42601", kAnalysis, "<statement> needs <clause>."},
    {"NESTED_AGGREGATE_FUNCTION", "42607", kAnalysis,
     "It is not allowed to use an aggregate function in the argument of another: <sqlExpr>."},
    {"NOT_A_BOOLEAN_CONDITION", "42K09", kAnalysis,
     "The condition <sqlExpr> has the type <actual>, but a condition is BOOLEAN."},
    {"NUMERIC_VALUE_OUT_OF_RANGE", "22003", kExecution,
     "The value <value> cannot be represented as Decimal(<precision>, <scale>)."},
    {"NUM_COLUMNS_MISMATCH", "42826", kAnalysis,
     "<operator> needs inputs with the same number of columns, but the first has <firstNumColumns> "
     "and input <invalidOrdinalNum> has <invalidNumColumns>."},
    {"OPERATION_CANCELED", "HY008", kCancelled, "The query was cancelled. <message>"},
    {"ORDER_BY_POS_OUT_OF_RANGE", "42805", kAnalysis,
     "ORDER BY position <index> is not in select list (valid range is [1, <size>])."},
    {"OUT_OF_DISK", "53100", kResource, "No space left writing <path>: <message>."},
    {"OUT_OF_MEMORY", "53200", kResource, "<message>."},
    {"PARSE_SYNTAX_ERROR", "42601", kParse, "Syntax error at or near <error><hint>."},
    {"PLAN_TOO_DEEP", "54001", kAnalysis,
     "The statement nests deeper than <limit> levels. Split it into views."},
    {"SCHEMA_MISMATCH", "42K09", kAnalysis,
     "<source> does not have the schema expected: <message>."},
    {"STREAM_NEEDS_EVENT_TIME", "42K09", kAnalysis,
     "<operation> over a stream needs event time. Declare it with event_time(column, delay)."},
    {"STREAM_UNSUPPORTED", "0A000", kUnsupported,
     "<operation> is not supported over an unbounded stream: <reason>. Nearest that works: "
     "<alternative>."},
    {"TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", kAnalysis,
     "Cannot create <relationName> because it already exists. Use CREATE OR REPLACE."},
    {"TABLE_OR_VIEW_NOT_FOUND", "42P01", kAnalysis,
     "The table or view <relationName> cannot be found."},
    {"TYPE_MISMATCH_IN_SET_OPERATION", "42825", kAnalysis,
     "<operator> can only be performed on inputs with compatible column types: column <ordinal> "
     "is <firstType> in the first and <otherType> in another."},
    {"UNDEFINED_VARIABLE", "42703", kAnalysis, "The variable <name> is not defined."},
    {"UNRECOGNIZED_STATEMENT", "42601", kParse, "<text> does not begin a statement."},
    {"UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703", kAnalysis,
     "A column, variable, or function parameter with name <objectName> cannot be resolved."},
    {"UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", kAnalysis,
     "A column, variable, or function parameter with name <objectName> cannot be resolved. Did "
     "you mean one of the following? [<proposal>]."},
    {"UNRESOLVED_ROUTINE", "42883", kAnalysis, "Cannot resolve routine <routineName>."},
    {"UNSUPPORTED_DATATYPE", "0A000", kUnsupported, "Unsupported data type <typeName>: <message>."},
    {"UNSUPPORTED_FEATURE", "0A000", kUnsupported,
     "<feature> is not supported. Nearest that works: <alternative>."},
    {"VARIABLE_ALREADY_BOUND", "42712", kAnalysis, "The variable <name> is already bound."},
    {"WINDOW_INVALID", "42K09", kAnalysis, "The window is invalid: <message>."},
    {"WRONG_NUM_ARGS", "42605", kAnalysis,
     "The <functionName> requires <expectedNum> arguments but the actual number is <actualNum>."},
};

}  // namespace

std::span<const ErrorClass> ErrorClasses() { return kClasses; }

}  // namespace sabot
