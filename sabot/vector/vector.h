#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "arrow/result.h"

#include "sabot/base/check.h"
#include "sabot/types/value.h"
#include "sabot/vector/bitmap.h"
#include "sabot/vector/buffer.h"
#include "sabot/vector/string_view.h"

namespace sabot {

/// Rows a vector holds at most. A list's child may be longer. Tests run smaller ones too.
inline constexpr int32_t kVectorSize = 2048;

enum class Encoding : uint8_t {
  kFlat,        ///< value i at data()[i]
  kConstant,    ///< every row is value 0
  kDictionary,  ///< row i is dictionary().value codes()[i]; the dictionary is flat; a null is a
                ///< null code row or a null value
};

/// A value of Kind::kList: elements [offset, offset + length) of the child.
struct ListView {
  uint32_t offset = 0;
  uint32_t length = 0;
};

/// The rows of a batch that count: positions in increasing order, or all of [0, count).
struct Rows {
  const uint16_t* selection = nullptr;  ///< null: dense
  int32_t count = 0;

  int32_t operator[](int32_t i) const { return selection == nullptr ? i : selection[i]; }
};

/// Call function(row) for each, with the test for a selection outside the loop.
template <typename Function>
inline void ForEachRow(Rows rows, Function&& function) {
  if (rows.selection == nullptr) {
    for (int32_t row = 0; row < rows.count; ++row) function(row);
  } else {
    for (int32_t i = 0; i < rows.count; ++i) function(static_cast<int32_t>(rows.selection[i]));
  }
}

/// A column of a batch: up to kVectorSize values of one type. Copies share buffers; a shared buffer
/// is never written. Values under a null are undefined but readable (a view16 under a null is
/// empty).
class Vector {
 public:
  Vector() = default;

  /// A flat vector of `size` rows with buffers from the pool; all valid; values not initialised
  /// (view16: not initialised either, so every row that may be read is written). Lists and structs:
  /// children are set by the caller.
  static Vector Flat(const Type& type, int32_t size, BufferPool& pool);
  /// Every row the same value; strings are copied into a heap of their own.
  static Vector Constant(const TypedValue& value, int32_t size);
  /// codes[i] indexes `dictionary`, which is flat. validity: of the codes; may be null.
  static Vector Dictionary(BufferPtr codes, std::shared_ptr<const Vector> dictionary, int32_t size,
                           BufferPtr validity = nullptr);
  /// A flat vector over buffers from elsewhere (Arrow, a state page). validity: bits from 0, null =
  /// all valid.
  static Vector Wrap(const Type& type, int32_t size, BufferPtr values, BufferPtr validity,
                     std::vector<BufferPtr> heaps = {});

  const Type& type() const { return type_; }
  Kind kind() const { return kind_; }
  Encoding encoding() const { return encoding_; }
  int32_t size() const { return size_; }
  bool is_flat() const { return encoding_ == Encoding::kFlat; }
  bool is_constant() const { return encoding_ == Encoding::kConstant; }
  bool is_dictionary() const { return encoding_ == Encoding::kDictionary; }

  /// Values of a flat or constant vector.
  template <typename T>
  const T* data() const {
    SABOT_DCHECK(!is_dictionary());
    return reinterpret_cast<const T*>(values_->data());
  }
  template <typename T>
  T* mutable_data() {
    return reinterpret_cast<T*>(values_->data());
  }
  const BufferPtr& values() const { return values_; }

  /// Null: all valid. Flat: a bit a row; constant: bit 0; dictionary: a bit a code row (and the
  /// dictionary has its own).
  const uint64_t* validity() const {
    return validity_ == nullptr ? nullptr : reinterpret_cast<const uint64_t*>(validity_->data());
  }
  const BufferPtr& validity_buffer() const { return validity_; }
  void set_validity(BufferPtr validity) { validity_ = std::move(validity); }
  /// Bits to clear, all set at first; makes the bitmap on first use.
  uint64_t* MutableValidity(BufferPool& pool);

  const uint32_t* codes() const { return reinterpret_cast<const uint32_t*>(values_->data()); }
  const std::shared_ptr<const Vector>& dictionary() const { return dictionary_; }

  /// List: the one child of any length. Struct: one child a field, each of size().
  std::span<const std::shared_ptr<const Vector>> children() const { return children_; }
  void set_children(std::vector<std::shared_ptr<const Vector>> children) {
    children_ = std::move(children);
  }

  /// Memory that view16 values point into.
  const std::vector<BufferPtr>& heaps() const { return heaps_; }
  void AddHeap(BufferPtr heap);
  void AddHeapsOf(const Vector& other);

  /// May any row be null? False only if none is.
  bool may_have_nulls() const {
    return validity_ != nullptr || (dictionary_ != nullptr && dictionary_->validity_ != nullptr);
  }
  /// By any encoding; for tests, printing and slow paths.
  bool IsNull(int32_t row) const;
  TypedValue ValueAt(int32_t row) const;
  /// Where row's value stands in data() of this vector or its dictionary.
  int32_t ValueIndex(int32_t row) const {
    switch (encoding_) {
      case Encoding::kConstant:
        return 0;
      case Encoding::kDictionary:
        return static_cast<int32_t>(codes()[row]);
      default:
        return row;
    }
  }

  /// The same values flat. Only the given rows are written; the result has size() rows. Returns
  /// *this if it is flat already.
  Vector Flattened(Rows rows, BufferPool& pool) const;
  /// Rows `rows` one after another as a new vector of rows.count rows. Constant stays constant,
  /// dictionary keeps its dictionary, list and struct share children where they can.
  Vector Gather(Rows rows, BufferPool& pool) const;
  /// Row order[i] as row i, positions in any order and repeated.
  Vector Take(std::span<const int32_t> order, BufferPool& pool) const;
  /// Rows [offset, offset + count), sharing values and heaps.
  Vector Slice(int32_t offset, int32_t count, BufferPool& pool) const;
  /// The same type but another (VOID to any, renamed struct fields); the kind must be the same.
  Vector WithType(const Type& type) const;
  /// Value 0 of a flat or constant vector as every row of a vector of `size` rows; shares buffers.
  Vector AsConstant(int32_t size) const;

 private:
  Type type_;
  Kind kind_ = Kind::kBool;
  Encoding encoding_ = Encoding::kFlat;
  int32_t size_ = 0;
  BufferPtr values_;
  BufferPtr validity_;
  std::shared_ptr<const Vector> dictionary_;
  std::vector<std::shared_ptr<const Vector>> children_;
  std::vector<BufferPtr> heaps_;
};

/// Writes strings of one vector into heap chunks of its pool. One per output vector; attach before
/// the vector is given on.
class StringWriter {
 public:
  explicit StringWriter(BufferPool& pool) : pool_(&pool) {}
  /// A view of a copy of the text (nothing is copied aside if it is short).
  StringView Write(std::string_view text);
  /// Uninitialised room for `size` bytes, to be filled before Finish: for results built in place.
  char* Reserve(uint32_t size);
  /// Give the chunks to the vector; the writer starts anew.
  void AttachTo(Vector* vector);

 private:
  BufferPool* pool_;
  std::vector<BufferPtr> chunks_;
  int64_t used_ = 0;
};

/// Collects single values into a flat vector: for tests, VALUES, parameters. Not for hot paths.
class VectorBuilder {
 public:
  explicit VectorBuilder(Type type) : type_(std::move(type)) {}
  void Append(TypedValue value) { values_.push_back(std::move(value)); }
  int32_t size() const { return static_cast<int32_t>(values_.size()); }
  Vector Finish();

 private:
  Type type_;
  std::vector<TypedValue> values_;
};

}  // namespace sabot
