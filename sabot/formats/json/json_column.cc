#include "sabot/formats/json/json_column.h"

#include <cmath>

#include "sabot/base/error.h"
#include "sabot/types/int128.h"

namespace sabot {
namespace {

using TokenKind = JsonToken::Kind;

// Validity of what was appended so far.
class ColumnBase : public JsonColumn {
 public:
  explicit ColumnBase(Type type) : type_(std::move(type)) {}
  int32_t size() const override { return static_cast<int32_t>(valid_.size()); }

 protected:
  void Mark(bool is_valid) {
    valid_.push_back(is_valid);
    has_nulls_ = has_nulls_ || !is_valid;
  }
  void TruncateBase(int32_t size) { valid_.resize(static_cast<size_t>(size)); }
  void SetValidity(Vector* vector, BufferPool& pool) {
    if (has_nulls_) {
      uint64_t* bits = vector->MutableValidity(pool);
      for (size_t row = 0; row < valid_.size(); ++row) {
        if (valid_[row] == 0) ClearBit(bits, static_cast<int64_t>(row));
      }
    }
    valid_.clear();
    has_nulls_ = false;
  }

  const Type type_;

 private:
  std::vector<uint8_t> valid_;
  bool has_nulls_ = false;
};

// parse(tape, index, &value): false if the token is none.
template <typename Value, typename Parse>
class ScalarColumn final : public ColumnBase {
 public:
  ScalarColumn(Type type, Parse parse) : ColumnBase(std::move(type)), parse_(std::move(parse)) {}

  bool Append(const JsonTape& tape, uint32_t index) override {
    Value value;
    if (!parse_(tape[index], &value)) return false;
    values_.push_back(value);
    Mark(true);
    return true;
  }
  void AppendNull() override {
    values_.push_back(Value{});
    Mark(false);
  }
  void Truncate(int32_t size) override {
    values_.resize(static_cast<size_t>(size));
    TruncateBase(size);
  }
  Vector Finish(BufferPool& pool) override {
    Vector vector = Vector::Flat(type_, size(), pool);
    if (!values_.empty()) {
      std::memcpy(vector.mutable_data<Value>(), values_.data(), values_.size() * sizeof(Value));
    }
    SetValidity(&vector, pool);
    values_.clear();
    return vector;
  }

 private:
  Parse parse_;
  std::vector<Value> values_;
};

template <typename Value, typename Parse>
std::unique_ptr<JsonColumn> Scalar(const Type& type, Value, Parse parse) {
  return std::make_unique<ScalarColumn<Value, Parse>>(type, std::move(parse));
}

// Text of a string; of anything else as JSON writes it.
class StringColumn final : public ColumnBase {
 public:
  using ColumnBase::ColumnBase;

  bool Append(const JsonTape& tape, uint32_t index) override {
    const size_t begin = text_.size();
    if (tape[index].kind == TokenKind::kString) {
      text_.append(tape[index].text);
    } else {
      tape.AppendJson(index, &text_);
    }
    lengths_.push_back(static_cast<uint32_t>(text_.size() - begin));
    Mark(true);
    return true;
  }
  void AppendNull() override {
    lengths_.push_back(0);
    Mark(false);
  }
  void Truncate(int32_t size) override {
    while (lengths_.size() > static_cast<size_t>(size)) {
      text_.resize(text_.size() - lengths_.back());
      lengths_.pop_back();
    }
    TruncateBase(size);
  }
  Vector Finish(BufferPool& pool) override {
    Vector vector = Vector::Flat(type_, size(), pool);
    BufferPtr heap = pool.Acquire(std::max<int64_t>(static_cast<int64_t>(text_.size()), 16));
    const char* at = reinterpret_cast<const char*>(heap->data());
    if (!text_.empty()) std::memcpy(heap->data(), text_.data(), text_.size());
    auto* views = vector.mutable_data<StringView>();
    for (size_t row = 0; row < lengths_.size(); ++row) {
      views[row] = StringView(std::string_view(at, lengths_[row]));
      at += lengths_[row];
    }
    vector.AddHeap(std::move(heap));
    SetValidity(&vector, pool);
    text_.clear();
    lengths_.clear();
    return vector;
  }

 private:
  std::string text_;
  std::vector<uint32_t> lengths_;
};

class StructColumn final : public ColumnBase {
 public:
  StructColumn(const Type& type, const TextValueOptions& options) : ColumnBase(type) {
    for (const TypeField& field : type.fields()) {
      children_.push_back(MakeJsonColumn(field.type, options));
    }
  }
  bool Append(const JsonTape& tape, uint32_t index) override {
    if (tape[index].kind != TokenKind::kObject) return false;
    const int32_t before = size();
    if (!AppendJsonObject(tape, index, type_.fields(), children_)) {
      Truncate(before);
      return false;
    }
    Mark(true);
    return true;
  }
  void AppendNull() override {
    for (const auto& child : children_) child->AppendNull();
    Mark(false);
  }
  void Truncate(int32_t size) override {
    for (const auto& child : children_) child->Truncate(size);
    TruncateBase(size);
  }
  Vector Finish(BufferPool& pool) override {
    Vector vector = Vector::Flat(type_, size(), pool);
    std::vector<std::shared_ptr<const Vector>> children;
    for (const auto& child : children_) {
      children.push_back(std::make_shared<const Vector>(child->Finish(pool)));
    }
    vector.set_children(std::move(children));
    SetValidity(&vector, pool);
    return vector;
  }

 private:
  std::vector<std::unique_ptr<JsonColumn>> children_;
};

// Lists from arrays; maps from objects, whose child is a struct of key and value.
class ListColumn final : public ColumnBase {
 public:
  ListColumn(const Type& type, const TextValueOptions& options)
      : ColumnBase(type), is_map_(type.id() == TypeId::kMap) {
    if (is_map_) {
      keys_ = MakeJsonColumn(type.fields()[0].type, options);
      elements_ = MakeJsonColumn(type.fields()[1].type, options);
    } else {
      elements_ = MakeJsonColumn(type.fields()[0].type, options);
    }
  }
  bool Append(const JsonTape& tape, uint32_t index) override {
    if (tape[index].kind != (is_map_ ? TokenKind::kObject : TokenKind::kArray)) return false;
    const int32_t before = elements_->size();
    for (uint32_t at = index + 1; at < tape[index].next; at = tape[at].next) {
      const bool has_key = !is_map_ || keys_->Append(tape, at++);
      if (!has_key || !AppendElement(tape, at)) {
        elements_->Truncate(before);
        if (is_map_) keys_->Truncate(before);
        return false;
      }
    }
    lists_.push_back(
        {static_cast<uint32_t>(before), static_cast<uint32_t>(elements_->size() - before)});
    Mark(true);
    return true;
  }
  void AppendNull() override {
    lists_.push_back({});
    Mark(false);
  }
  void Truncate(int32_t size) override {
    // Elements behind the last list that stays.
    int32_t end = 0;
    lists_.resize(static_cast<size_t>(size));
    for (const ListView& list : lists_) {
      end = std::max(end, static_cast<int32_t>(list.offset + list.length));
    }
    elements_->Truncate(end);
    if (is_map_) keys_->Truncate(end);
    TruncateBase(size);
  }
  Vector Finish(BufferPool& pool) override {
    Vector vector = Vector::Flat(type_, size(), pool);
    if (!lists_.empty()) {
      std::memcpy(vector.mutable_data<ListView>(), lists_.data(), lists_.size() * sizeof(ListView));
    }
    auto child = std::make_shared<const Vector>(elements_->Finish(pool));
    if (is_map_) {
      const auto fields = type_.fields();
      Vector entries =
          Vector::Flat(Type::Struct({fields.begin(), fields.end()}), child->size(), pool);
      entries.set_children({std::make_shared<const Vector>(keys_->Finish(pool)), child});
      child = std::make_shared<const Vector>(std::move(entries));
    }
    vector.set_children({std::move(child)});
    SetValidity(&vector, pool);
    lists_.clear();
    return vector;
  }

 private:
  bool AppendElement(const JsonTape& tape, uint32_t at) {
    if (tape[at].kind != TokenKind::kNull) return elements_->Append(tape, at);
    elements_->AppendNull();
    return true;
  }

  const bool is_map_;
  std::unique_ptr<JsonColumn> keys_;
  std::unique_ptr<JsonColumn> elements_;
  std::vector<ListView> lists_;
};

template <typename Value>
std::unique_ptr<JsonColumn> Integer(const Type& type, Value zero) {
  return Scalar(type, zero, [](const JsonToken& token, Value* value) {
    int64_t wide;
    if (token.kind != TokenKind::kNumber || !ParseInt64(token.text, &wide)) return false;
    *value = static_cast<Value>(wide);
    return *value == wide;
  });
}

template <typename Value>
std::unique_ptr<JsonColumn> Floating(const Type& type, Value zero,
                                     const TextValueOptions& options) {
  return Scalar(type, zero, [&options](const JsonToken& token, Value* value) {
    double wide;
    if (token.kind == TokenKind::kNumber || token.kind == TokenKind::kString) {
      // A string is a number only by one of the names that numbers cannot spell.
      const bool is_name = token.kind == TokenKind::kNumber || !ParseDouble(token.text, &wide);
      if (!is_name || !ParseFloating(token.text, options, &wide)) return false;
      *value = static_cast<Value>(wide);
      return true;
    }
    return false;
  });
}

template <typename Value>
std::unique_ptr<JsonColumn> Decimal(const Type& type, Value zero) {
  return Scalar(
      type, zero,
      [precision = type.precision(), scale = type.scale()](const JsonToken& token, Value* value) {
        Int128 unscaled;
        const bool is_number = token.kind == TokenKind::kNumber || token.kind == TokenKind::kString;
        if (!is_number || !ParseDecimal(token.text, precision, scale, &unscaled)) {
          return false;
        }
        *value = static_cast<Value>(unscaled);
        return true;
      });
}

}  // namespace

arrow::Status CheckJsonType(const Type& type) {
  if ((type.id() > TypeId::kTimestampNtz && !type.is_nested()) || type.id() == TypeId::kBinary) {
    return MakeError("UNSUPPORTED_DATATYPE",
                     {{"typeName", "\"" + type.ToSql() + "\""},
                      {"message", "it cannot be held in JSON; use STRING or Parquet"}});
  }
  for (const TypeField& field : type.fields()) ARROW_RETURN_NOT_OK(CheckJsonType(field.type));
  if (type.id() == TypeId::kMap && !type.fields()[0].type.is_string()) {
    return MakeError("UNSUPPORTED_DATATYPE", {{"typeName", "\"" + type.ToSql() + "\""},
                                              {"message", "keys of JSON objects are STRING"}});
  }
  return arrow::Status::OK();
}

std::unique_ptr<JsonColumn> MakeJsonColumn(const Type& type, const TextValueOptions& options) {
  switch (type.id()) {
    case TypeId::kNull:
      return Scalar(type, uint8_t{}, [](const JsonToken&, uint8_t*) { return false; });
    case TypeId::kBoolean:
      return Scalar(type, uint8_t{}, [](const JsonToken& token, uint8_t* value) {
        *value = token.kind == TokenKind::kTrue;
        return *value != 0 || token.kind == TokenKind::kFalse;
      });
    case TypeId::kByte:
      return Integer(type, int8_t{});
    case TypeId::kShort:
      return Integer(type, int16_t{});
    case TypeId::kInt:
      return Integer(type, int32_t{});
    case TypeId::kLong:
      return Integer(type, int64_t{});
    case TypeId::kFloat:
      return Floating(type, float{}, options);
    case TypeId::kDouble:
      return Floating(type, double{}, options);
    case TypeId::kDecimal:
      if (type.kind() == Kind::kI128) return Decimal(type, Int128{});
      return Decimal(type, int64_t{});
    case TypeId::kDate:
      return Scalar(type, int32_t{}, [](const JsonToken& token, int32_t* value) {
        return token.kind == TokenKind::kString && ParseDate(token.text, false, value);
      });
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return Scalar(type, int64_t{},
                    [id = type.id(), &options](const JsonToken& token, int64_t* value) {
                      if (token.kind == TokenKind::kString) {
                        return ParseTimestamp(token.text, id, options, value);
                      }
                      // As Spark: a whole number counts seconds.
                      return id == TypeId::kTimestamp && token.kind == TokenKind::kNumber &&
                             ParseInt64(token.text, value) &&
                             !__builtin_mul_overflow(*value, int64_t{1'000'000}, value);
                    });
    case TypeId::kArray:
    case TypeId::kMap:
      return std::make_unique<ListColumn>(type, options);
    case TypeId::kStruct:
      return std::make_unique<StructColumn>(type, options);
    default:
      return std::make_unique<StringColumn>(type);
  }
}

bool AppendJsonObject(const JsonTape& tape, uint32_t object, std::span<const TypeField> fields,
                      std::span<const std::unique_ptr<JsonColumn>> columns) {
  const int32_t before = columns.empty() ? 0 : columns[0]->size();
  bool all_fit = true;
  size_t guess = 0;
  for (uint32_t key = object + 1; key < tape[object].next; key = tape[key + 1].next) {
    const std::string_view name = tape[key].text;
    // Records of one source have their keys in one order, mostly the schema's.
    size_t column = guess;
    if (column >= fields.size() || fields[column].name != name) {
      column = 0;
      while (column < fields.size() && fields[column].name != name) ++column;
      if (column == fields.size()) continue;
    }
    guess = column + 1;
    JsonColumn& target = *columns[column];
    if (target.size() > before) target.Truncate(before);
    const bool is_null = tape[key + 1].kind == TokenKind::kNull;
    if (is_null || !target.Append(tape, key + 1)) {
      target.AppendNull();
      all_fit = all_fit && is_null;
    }
  }
  for (const auto& column : columns) {
    if (column->size() == before) column->AppendNull();
  }
  return all_fit;
}

}  // namespace sabot
