#include <optional>

#include "sabot/base/error.h"
#include "sabot/functions/families.h"
#include "sabot/functions/scalar/row_loop.h"
#include "sabot/functions/value_compare.h"
#include "sabot/types/identifier.h"

/// Arrays, maps and structs: made, and read by index, key or field. Elements are never copied where
/// their positions will do.
namespace sabot {
namespace {

const Type kString(TypeId::kString);
const Type kInt(TypeId::kInt);

using Types = std::span<const Type>;
using Settings = const EvaluationSettings&;
using Constants = std::span<const TypedValue* const>;

ListView ListAt(const Vector& vector, int32_t row) {
  return vector.data<ListView>()[vector.ValueIndex(row)];
}
const Vector& ElementsOf(const Vector& list) { return *list.children()[0]; }

// Row positions[row] of `values` as row `row`; -1: NULL. Rows that are not active are NULL too.
void TakeOrNull(const KernelInput& input, const Vector& values, std::vector<int32_t> positions,
                Vector* result) {
  std::vector<int32_t> missing;
  for (size_t row = 0; row < positions.size(); ++row) {
    if (positions[row] >= 0) continue;
    missing.push_back(static_cast<int32_t>(row));
    positions[row] = 0;
  }
  if (values.size() == 0) {
    *result = Vector::Constant(TypedValue::Null(input.result_type), input.num_rows);
    return;
  }
  Vector taken = values.Take(positions, input.pool).WithType(input.result_type);
  if (!missing.empty()) {
    // A bitmap of its own: the taken one may be shared.
    BufferPtr validity = input.pool.Acquire(std::max<int64_t>(NumWords(input.num_rows), 1) * 8);
    auto* bits = reinterpret_cast<uint64_t*>(validity->data());
    if (!taken.is_flat()) taken = taken.Flattened({nullptr, input.num_rows}, input.pool);
    if (taken.validity() != nullptr) {
      CopyBits(taken.validity_buffer()->data(), 0, input.num_rows, bits);
    } else {
      SetAll(bits, input.num_rows);
    }
    for (const int32_t row : missing) ClearBit(bits, row);
    taken.set_validity(std::move(validity));
  }
  *result = std::move(taken);
}

// ---- making

// Columns as the elements of one list a row: row r's are r, r + n, r + 2n, ... put in order.
std::shared_ptr<const Vector> Interleaved(const KernelInput& input, std::span<const Vector> columns,
                                          const Type& type) {
  const auto width = static_cast<int32_t>(columns.size());
  VectorBuilder builder(type);
  std::vector<bool> is_active(static_cast<size_t>(input.num_rows), false);
  ForEachRow(input.rows, [&](int32_t row) { is_active[static_cast<size_t>(row)] = true; });
  for (int32_t row = 0; row < input.num_rows; ++row) {
    for (int32_t c = 0; c < width; ++c) {
      builder.Append(is_active[static_cast<size_t>(row)]
                         ? columns[static_cast<size_t>(c)].ValueAt(row)
                         : TypedValue::Null(type));
    }
  }
  return std::make_shared<const Vector>(builder.Finish());
}

// Every row a list of the same length, one after the other.
Vector EvenLists(const KernelInput& input, uint32_t length) {
  Vector lists = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = lists.mutable_data<ListView>();
  for (int32_t row = 0; row < input.num_rows; ++row) {
    out[row] = {static_cast<uint32_t>(row) * length, length};
  }
  return lists;
}

arrow::Status MakeArray(const KernelInput& input, Vector* result) {
  *result = EvenLists(input, static_cast<uint32_t>(input.arguments.size()));
  result->set_children({Interleaved(input, input.arguments, input.result_type.fields()[0].type)});
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveArray(Types types, Settings) {
  const auto common = LeastCommonType(types);
  if (!common.has_value()) {
    return ArgumentMismatch("array", types, "its elements have no common type");
  }
  ResolvedFunction overload =
      Overload(std::vector<Type>(types.size(), *common), Type::Array(*common), MakeArray);
  overload.null_rule = NullRule::kOwn;
  overload.never_null = true;
  return overload;
}

arrow::Status MakeMap(const KernelInput& input, Vector* result) {
  std::vector<Vector> keys;
  std::vector<Vector> values;
  for (size_t i = 0; i < input.arguments.size(); i += 2) {
    keys.push_back(input.arguments[i]);
    values.push_back(input.arguments[i + 1]);
  }
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    for (size_t k = 0; k < keys.size(); ++k) {
      if (keys[k].IsNull(row)) return MakeError("NULL_MAP_KEY");
      for (size_t other = 0; other < k; ++other) {
        if (CompareValues(keys[k], row, keys[other], row) != 0) continue;
        return MakeError("DUPLICATED_MAP_KEY", {{"key", keys[k].ValueAt(row).ToText()}});
      }
    }
  }
  const Type& type = input.result_type;
  const auto num_entries = static_cast<int32_t>(keys.size()) * input.num_rows;
  Vector entries = Vector::Flat(Type::Struct({type.fields().begin(), type.fields().end()}),
                                num_entries, input.pool);
  entries.set_children({Interleaved(input, keys, type.fields()[0].type),
                        Interleaved(input, values, type.fields()[1].type)});
  *result = EvenLists(input, static_cast<uint32_t>(keys.size()));
  result->set_children({std::make_shared<const Vector>(std::move(entries))});
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveMap(Types types, Settings) {
  if (types.size() % 2 != 0) return WrongNumArgs("map", "2n (n > 0)", types.size());
  std::vector<Type> keys;
  std::vector<Type> values;
  for (size_t i = 0; i < types.size(); ++i) (i % 2 == 0 ? keys : values).push_back(types[i]);
  const auto key = LeastCommonType(keys);
  const auto value = LeastCommonType(values);
  if (!key.has_value() || !value.has_value() || key->id() == TypeId::kMap) {
    return ArgumentMismatch("map", types, "keys have one type that is no MAP, and values have one");
  }
  ResolvedFunction overload = Overload({}, Type::Map(*key, *value), MakeMap);
  for (size_t i = 0; i < types.size(); ++i) {
    overload.arguments.push_back(i % 2 == 0 ? *key : *value);
  }
  overload.null_rule = NullRule::kOwn;
  overload.never_null = true;
  overload.can_throw = true;
  return overload;
}

// Fields of struct(...): the columns themselves. kStep 2: name, value in turn.
template <size_t kStep>
arrow::Status MakeStruct(const KernelInput& input, Vector* result) {
  std::vector<std::shared_ptr<const Vector>> fields;
  for (size_t i = kStep - 1; i < input.arguments.size(); i += kStep) {
    fields.push_back(
        std::make_shared<const Vector>(input.arguments[i].Flattened(input.rows, input.pool)));
  }
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  result->set_children(std::move(fields));
  return arrow::Status::OK();
}

ResolvedFunction StructOverload(Types types, std::vector<TypeField> fields, Kernel kernel) {
  ResolvedFunction overload =
      Overload({types.begin(), types.end()}, Type::Struct(std::move(fields)), kernel);
  overload.null_rule = NullRule::kOwn;
  overload.never_null = true;
  return overload;
}

arrow::Result<ResolvedFunction> ResolveStruct(Types types, Settings) {
  std::vector<TypeField> fields;
  for (const Type& type : types) {
    fields.push_back({"col" + std::to_string(fields.size() + 1), type});
  }
  return StructOverload(types, std::move(fields), MakeStruct<1>);
}

arrow::Result<ResolvedFunction> ResolveNamedStruct(Types types, Constants constants, Settings) {
  if (types.size() % 2 != 0) return WrongNumArgs("named_struct", "2n (n > 0)", types.size());
  std::vector<TypeField> fields;
  for (size_t i = 0; i < types.size(); i += 2) {
    const auto* name = types[i] != kString || constants[i] == nullptr
                           ? nullptr
                           : std::get_if<std::string>(&constants[i]->value);
    if (name == nullptr) {
      return ArgumentMismatch("named_struct", types, "the names of fields are literal texts");
    }
    fields.push_back({*name, types[i + 1]});
  }
  return StructOverload(types, std::move(fields), MakeStruct<2>);
}

// ---- reading

arrow::Status Size(const KernelInput& input, Vector* result) {
  MapRows<int32_t, ListView>(
      input, result, [](const ListView& list) { return static_cast<int32_t>(list.length); });
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveSize(Types types, Settings) {
  if (types.size() != 1) return WrongNumArgs("size", "1", types.size());
  if (types[0].id() != TypeId::kArray && types[0].id() != TypeId::kMap && !types[0].is_null()) {
    return ArgumentMismatch("size", types, "an ARRAY or a MAP is expected");
  }
  return Overload({types[0].is_null() ? Type::Array(Type()) : types[0]}, kInt, Size);
}

arrow::Result<ResolvedFunction> ResolveArraySize(Types types, Settings) {
  if (types.size() != 1) return WrongNumArgs("array_size", "1", types.size());
  if (types[0].id() != TypeId::kArray && !types[0].is_null()) {
    return ArgumentMismatch("array_size", types, "an ARRAY is expected");
  }
  return Overload({types[0].is_null() ? Type::Array(Type()) : types[0]}, kInt, Size);
}

arrow::Status IndexOutOfBounds(std::string_view error_class, int64_t index, uint32_t size) {
  return MakeError(error_class,
                   {{"indexValue", std::to_string(index)}, {"arraySize", std::to_string(size)}});
}

enum class Indexing : uint8_t {
  kFromZero,       // a[i]: an error outside
  kFromOne,        // element_at: from 1, or from the end; an error outside
  kFromOneOrNull,  // try_element_at
  kFromZeroOrNull  // get
};

template <Indexing kIndexing>
arrow::Status ElementByIndex(const KernelInput& input, Vector* result) {
  const Vector& lists = input.arguments[0];
  const Operand<int32_t> indices(input.arguments[1]);
  constexpr bool kCountsFromOne =
      kIndexing == Indexing::kFromOne || kIndexing == Indexing::kFromOneOrNull;
  std::vector<int32_t> positions(static_cast<size_t>(input.num_rows), -1);
  for (int32_t i = 0; i < input.rows.count; ++i) {
    const int32_t row = input.rows[i];
    const ListView list = ListAt(lists, row);
    const int64_t index = indices[row];
    int64_t at = index;
    if (kCountsFromOne) {
      if (index == 0) return MakeError("INVALID_INDEX_OF_ZERO");
      at = index > 0 ? index - 1 : int64_t{list.length} + index;
    }
    if (at >= 0 && at < int64_t{list.length}) {
      positions[static_cast<size_t>(row)] = static_cast<int32_t>(list.offset + at);
    } else if (kIndexing == Indexing::kFromZero) {
      return IndexOutOfBounds("INVALID_ARRAY_INDEX", index, list.length);
    } else if (kIndexing == Indexing::kFromOne) {
      return IndexOutOfBounds("INVALID_ARRAY_INDEX_IN_ELEMENT_AT", index, list.length);
    }
  }
  TakeOrNull(input, ElementsOf(lists), std::move(positions), result);
  return arrow::Status::OK();
}

// NULL if the map has no such key.
arrow::Status ElementByKey(const KernelInput& input, Vector* result) {
  const Vector& maps = input.arguments[0];
  const Vector& entries = ElementsOf(maps);
  const Vector& keys = *entries.children()[0];
  std::vector<int32_t> positions(static_cast<size_t>(input.num_rows), -1);
  ForEachRow(input.rows, [&](int32_t row) {
    if (maps.IsNull(row) || input.arguments[1].IsNull(row)) return;
    const ListView map = ListAt(maps, row);
    for (uint32_t entry = map.offset; entry < map.offset + map.length; ++entry) {
      if (CompareValues(keys, static_cast<int32_t>(entry), input.arguments[1], row) == 0) {
        positions[static_cast<size_t>(row)] = static_cast<int32_t>(entry);
        return;
      }
    }
  });
  TakeOrNull(input, *entries.children()[1], std::move(positions), result);
  return arrow::Status::OK();
}

template <Indexing kIndexing>
arrow::Result<ResolvedFunction> ResolveElement(std::string_view name, Types types) {
  if (types.size() != 2) return WrongNumArgs(name, "2", types.size());
  if (types[0].id() == TypeId::kMap) {
    const Type& key = types[0].fields()[0].type;
    if (!CanCastImplicitly(types[1], key)) {
      return ArgumentMismatch(name, types, "the key has another type than the map's");
    }
    return Nullable(Overload({types[0], key}, types[0].fields()[1].type, ElementByKey));
  }
  if (types[0].id() != TypeId::kArray) {
    return ArgumentMismatch(name, types, "an ARRAY or a MAP is expected");
  }
  if (!types[1].is_integer() && !types[1].is_null()) {
    return ArgumentMismatch(name, types, "the index is an INT");
  }
  ResolvedFunction overload =
      Nullable(Overload({types[0], kInt}, types[0].fields()[0].type, ElementByIndex<kIndexing>));
  overload.can_throw = true;
  return overload;
}

struct FieldState final : KernelState {
  size_t index = 0;
};

// The place of the field whose name is the literal; -1: none, -2: several.
int FindField(const Type& type, std::string_view name) {
  int found = -1;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    if (!EqualsIgnoreCase(type.fields()[i].name, name)) continue;
    if (found >= 0) return -2;
    found = static_cast<int>(i);
  }
  return found;
}

arrow::Result<std::shared_ptr<const KernelState>> BindField(Constants constants, Types types,
                                                            Settings) {
  auto state = std::make_shared<FieldState>();
  const int index = FindField(types[0], std::get<std::string>(constants[1]->value));
  if (index < 0)
    return InternalError("getfield was bound to another struct than it was resolved for");
  state->index = static_cast<size_t>(index);
  return state;
}

arrow::Status GetField(const KernelInput& input, Vector* result) {
  const Vector& value = input.arguments[0];
  const Vector& field = *value.children()[static_cast<const FieldState*>(input.state)->index];
  if (value.is_constant()) {
    *result = Vector::Constant(field.ValueAt(0), input.num_rows);
  } else {
    *result = field;
  }
  if (result->type() != input.result_type) *result = result->WithType(input.result_type);
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveField(Types types, Constants constants, Settings) {
  if (types.size() != 2) return WrongNumArgs("getfield", "2", types.size());
  const auto* name =
      constants[1] == nullptr ? nullptr : std::get_if<std::string>(&constants[1]->value);
  if (types[0].id() == TypeId::kMap && name != nullptr) {
    return ResolveElement<Indexing::kFromZero>("getfield", types);
  }
  if (types[0].id() != TypeId::kStruct || name == nullptr) {
    return ArgumentMismatch("getfield", types, "a STRUCT and the name of a field are expected");
  }
  const int index = FindField(types[0], *name);
  if (index == -2) {
    return MakeError("AMBIGUOUS_REFERENCE",
                     {{"name", "`" + *name + "`"}, {"referenceNames", types[0].ToSql()}});
  }
  if (index < 0) {
    std::string known;
    for (const TypeField& field : types[0].fields()) {
      known += (known.empty() ? "`" : ", `") + field.name + "`";
    }
    return MakeError("FIELD_NOT_FOUND", {{"fieldName", "`" + *name + "`"}, {"fields", known}});
  }
  const TypeField& field = types[0].fields()[static_cast<size_t>(index)];
  ResolvedFunction overload = Overload({types[0], kString}, field.type, GetField, BindField);
  overload.always_nullable = field.nullable;
  return overload;
}

template <size_t kChild>
arrow::Status MapPart(const KernelInput& input, Vector* result) {
  const Vector& map = input.arguments[0];
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<ListView>();
  ForEachRow(input.rows, [&](int32_t row) { out[row] = ListAt(map, row); });
  result->set_children({ElementsOf(map).children()[kChild]});
  return arrow::Status::OK();
}

template <size_t kChild>
arrow::Result<ResolvedFunction> ResolveMapPart(std::string_view name, Types types) {
  if (types.size() != 1) return WrongNumArgs(name, "1", types.size());
  if (types[0].id() != TypeId::kMap) return ArgumentMismatch(name, types, "a MAP is expected");
  const TypeField& part = types[0].fields()[kChild];
  return Overload({types[0]}, Type::Array(part.type, part.nullable), MapPart<kChild>);
}

// True if an element equals the value; else NULL if an element is NULL; else false.
arrow::Status ArrayContains(const KernelInput& input, Vector* result) {
  const Vector& lists = input.arguments[0];
  const Vector& elements = ElementsOf(lists);
  *result = Vector::Flat(input.result_type, input.num_rows, input.pool);
  auto* out = result->mutable_data<uint8_t>();
  std::vector<int32_t> unknown;
  ForEachRow(input.rows, [&](int32_t row) {
    out[row] = 0;
    if (lists.IsNull(row) || input.arguments[1].IsNull(row)) return;
    const ListView list = ListAt(lists, row);
    bool has_null = false;
    for (uint32_t i = list.offset; i < list.offset + list.length && out[row] == 0; ++i) {
      const auto element = static_cast<int32_t>(i);
      if (elements.IsNull(element)) {
        has_null = true;
      } else if (CompareValues(elements, element, input.arguments[1], row) == 0) {
        out[row] = 1;
      }
    }
    if (has_null && out[row] == 0) unknown.push_back(row);
  });
  if (!unknown.empty()) {
    uint64_t* bits = result->MutableValidity(input.pool);
    for (const int32_t row : unknown) ClearBit(bits, row);
  }
  return arrow::Status::OK();
}

arrow::Result<ResolvedFunction> ResolveArrayContains(Types types, Settings) {
  if (types.size() != 2) return WrongNumArgs("array_contains", "2", types.size());
  if (types[0].id() != TypeId::kArray) {
    return ArgumentMismatch("array_contains", types, "an ARRAY is expected");
  }
  const auto common = LeastCommonType(types[0].fields()[0].type, types[1]);
  if (!common.has_value()) {
    return ArgumentMismatch("array_contains", types, "the value has another type than elements");
  }
  return Nullable(Overload({Type::Array(*common), *common}, Type(TypeId::kBoolean), ArrayContains));
}

}  // namespace

std::span<const ScalarFunction> CollectionFunctions() {
  static const ScalarFunction kFunctions[] = {
      {.name = "array",
       .doc = {.signature = "array(element ANY, ...) -> ARRAY",
               .summary = "An array of these elements.",
               .example = {"array(1, 2, 3)", "[1, 2, 3]"}},
       .resolve = ResolveArray},
      {.name = "map",
       .doc = {.signature = "map(key ANY, value ANY, ...) -> MAP",
               .summary = "A map of these keys and values.",
               .example = {"map(1, 'a', 2, 'b')", "{1 -> a, 2 -> b}"}},
       .resolve = ResolveMap},
      {.name = "struct",
       .doc = {.signature = "struct(value ANY, ...) -> STRUCT",
               .summary = "A struct of these values, its fields named col1, col2 and so on.",
               .example = {"struct(1, 'a')", "{1, a}"}},
       .resolve = ResolveStruct},
      {.name = "named_struct",
       .doc = {.signature = "named_struct(name STRING, value ANY, ...) -> STRUCT",
               .summary = "A struct of these fields.",
               .example = {"named_struct('a', 1, 'b', 2)", "{1, 2}"}},
       .resolve = WithoutLiterals<ResolveNamedStruct>,
       .resolve_with = ResolveNamedStruct},
      {.name = "size",
       .doc = {.signature = "size(collection ARRAY | MAP) -> INT",
               .summary = "How many elements or entries there are.",
               .example = {"size(array('b', 'd', 'c', 'a'))", "4"}},
       .resolve = ResolveSize,
       .aliases = {"cardinality"}},
      {.name = "array_size",
       .doc = {.signature = "array_size(collection ARRAY) -> INT",
               .summary = "How many elements there are.",
               .example = {"array_size(array('b', 'd', 'c', 'a'))", "4"}},
       .resolve = ResolveArraySize},
      {.name = "getitem",
       .doc = {.signature = "collection[index INT | key ANY] -> element",
               .summary = "The element at an index from 0, or the value of a key (NULL if there "
                          "is none).",
               .example = {"array('a', 'b')[1]", "b"}},
       .resolve = [](Types types,
                     Settings) { return ResolveElement<Indexing::kFromZero>("getitem", types); }},
      {.name = "get",
       .doc = {.signature = "get(array ARRAY, index INT) -> element",
               .summary = "The element at an index from 0, or NULL.",
               .example = {"get(array(1, 2, 3), 3)", "NULL"}},
       .resolve = [](Types types,
                     Settings) { return ResolveElement<Indexing::kFromZeroOrNull>("get", types); }},
      {.name = "element_at",
       .doc = {.signature = "element_at(collection ARRAY | MAP, index INT | key ANY) -> element",
               .summary = "The element at an index from 1 or, if negative, from the end, or the "
                          "value of a key (NULL if there is none).",
               .example = {"element_at(array(1, 2, 3), 2)", "2"}},
       .resolve = [](Types types,
                     Settings) { return ResolveElement<Indexing::kFromOne>("element_at", types); }},
      {.name = "try_element_at",
       .doc = {.signature =
                   "try_element_at(collection ARRAY | MAP, index INT | key ANY) -> element",
               .summary = "As element_at, but NULL outside of the array.",
               .example = {"try_element_at(array(1, 2, 3), 5)", "NULL"}},
       .resolve =
           [](Types types, Settings) {
             return ResolveElement<Indexing::kFromOneOrNull>("try_element_at", types);
           }},
      {.name = "getfield",
       .doc = {.signature = "value.field -> field",
               .summary = "A field of a struct, its name without regard to case.",
               .example = {"named_struct('a', 1, 'b', 2).b", "2"}},
       .resolve = WithoutLiterals<ResolveField>,
       .resolve_with = ResolveField},
      {.name = "map_keys",
       .doc = {.signature = "map_keys(map MAP) -> ARRAY",
               .summary = "The keys of a map.",
               .example = {"map_keys(map(1, 'a', 2, 'b'))", "[1, 2]"}},
       .resolve = [](Types types, Settings) { return ResolveMapPart<0>("map_keys", types); }},
      {.name = "map_values",
       .doc = {.signature = "map_values(map MAP) -> ARRAY",
               .summary = "The values of a map.",
               .example = {"map_values(map(1, 'a', 2, 'b'))", "[a, b]"}},
       .resolve = [](Types types, Settings) { return ResolveMapPart<1>("map_values", types); }},
      {.name = "array_contains",
       .doc = {.signature = "array_contains(array ARRAY, value ANY) -> BOOLEAN",
               .summary = "Is the value an element? NULL if not, but an element is NULL.",
               .example = {"array_contains(array(1, 2, 3), 2)", "true"}},
       .resolve = ResolveArrayContains},
  };
  return kFunctions;
}

}  // namespace sabot
