#pragma once

#include <cstdint>
#include <string_view>

#include "arrow/result.h"

#include "sabot/vector/string_view.h"

namespace sabot {

/// Where states of variable size keep their bytes: one a table of states, dies with it. A state
/// holds a StringView as its first 16 bytes, so that who moves states (spilling, checkpoints) can
/// find it. Short texts live in the view itself and cost nothing here. One thread.
class StateHeap {
 public:
  virtual ~StateHeap() = default;

  /// A view of a copy of the text, which stays where it is until it is freed. The text may lie in
  /// this heap. Errors: OUT_OF_MEMORY.
  virtual arrow::Result<StringView> Store(std::string_view text) = 0;
  /// Take back what Store gave; does nothing for a view that is inline.
  virtual void Free(const StringView& view) = 0;
  /// Bytes held for states, accounted to the table's memory consumer.
  virtual int64_t size_bytes() const = 0;

  /// Let *slot, zero or from Store, view a copy of the text; its old bytes are freed.
  arrow::Status Replace(StringView* slot, std::string_view text) {
    ARROW_ASSIGN_OR_RAISE(const StringView stored, Store(text));
    Free(*slot);
    *slot = stored;
    return arrow::Status::OK();
  }
};

}  // namespace sabot
