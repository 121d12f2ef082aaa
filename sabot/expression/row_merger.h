#pragma once

#include <vector>

#include "sabot/vector/vector.h"

namespace sabot::internal {

/// Puts one flat vector together from rows of several: the branches of CASE, the arguments of
/// COALESCE. Rows nobody put are undefined.
class RowMerger {
 public:
  RowMerger(const Type& type, int32_t num_rows, BufferPool& pool);
  /// Take over these rows. source: of the same kind, any encoding.
  void Put(const Vector& source, Rows rows);
  Vector Finish();

 private:
  template <typename T>
  void Copy(const Vector& source, Rows rows);

  BufferPool* pool_;
  Vector merged_;
  // Lists and structs go value by value: their children cannot be written out of order.
  std::vector<TypedValue> nested_;
  bool is_nested_;
};

}  // namespace sabot::internal
