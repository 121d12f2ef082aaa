#include "sabot/formats/csv/record_splitter.h"

#include <cstring>

#include <immintrin.h>

namespace sabot {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

const char* Find(const char* at, const char* end, char c) {
  const void* found = std::memchr(at, c, static_cast<size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

void RecordSplitter::SetText(std::string_view text) {
  begin_ = at_ = text.data();
  end_ = begin_ + text.size();
  has_quotes_ = options_.quote != '\0' && Find(begin_, end_, options_.quote) != end_;
  line_end_ = '\n';
  if (options_.multi_line) {
    const size_t first = text.find_first_of("\r\n");
    const bool is_return = first != text.npos && text[first] == '\r';
    if (is_return && (first + 1 == text.size() || text[first + 1] != '\n')) line_end_ = '\r';
  }
}

bool RecordSplitter::NextRecord() {
  while (at_ < end_) {
    const char* begin = at_;
    const char* line_end = Find(begin, end_, line_end_);
    at_ = line_end < end_ ? line_end + 1 : end_;
    if (line_end > begin && line_end[-1] == '\r') --line_end;
    const char* first = begin;
    while (first < line_end && IsSpace(*first)) ++first;
    if (first == line_end) continue;
    if (options_.comment != '\0' && *begin == options_.comment) continue;
    record_ = {begin, static_cast<size_t>(line_end - begin)};
    return true;
  }
  return false;
}

CsvField RecordSplitter::Trimmed(CsvField field) const {
  if (field.is_quoted) return field;
  while (options_.trim_leading && field.length > 0 && IsSpace(field.data[0])) {
    ++field.data;
    --field.length;
  }
  while (options_.trim_trailing && field.length > 0 && IsSpace(field.data[field.length - 1])) {
    --field.length;
  }
  return field;
}

template <typename Sink>
void RecordSplitter::SplitPlain(std::string_view line, Sink&& sink) {
  const char* field = line.data();
  const char* end = field + line.size();
  const bool trims = options_.trim_leading || options_.trim_trailing;
  const auto emit = [&](const char* field_end) {
    const CsvField value{field, static_cast<uint32_t>(field_end - field), false, false};
    sink(trims ? Trimmed(value) : value);
  };
  const char* at = field;
  const __m256i separator = _mm256_set1_epi8(options_.separator);
  for (; end - at >= 32; at += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    auto mask = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, separator)));
    for (; mask != 0; mask &= mask - 1) {
      const char* found = at + __builtin_ctz(mask);
      emit(found);
      field = found + 1;
    }
  }
  for (; at < end; ++at) {
    if (*at != options_.separator) continue;
    emit(at);
    field = at + 1;
  }
  emit(end);
}

const char* RecordSplitter::QuotedField(const char* at, const char* end, CsvField* field,
                                        bool* is_open) {
  const char* begin = ++at;
  *field = {begin, 0, true, false};
  // Most quoted values hold neither quotes nor escapes: those are used where they stand.
  while (at < end && *at != options_.quote && *at != options_.escape) ++at;
  std::unique_ptr<char[]> copy;
  if (at < end && *at == options_.quote && (at + 1 == end || at[1] == options_.separator)) {
    field->length = static_cast<uint32_t>(at - begin);
    return at + 1 == end ? nullptr : at + 2;
  }
  // What is left of the record bounds the value: unescaping only shortens.
  copy = std::make_unique<char[]>(static_cast<size_t>(end - begin) + 1);
  char* to = copy.get();
  std::memcpy(to, begin, static_cast<size_t>(at - begin));
  to += at - begin;
  bool is_inside = true;
  const char* next = nullptr;
  for (; at < end; ++at) {
    const char c = *at;
    const char following = at + 1 < end ? at[1] : '\0';
    if (!is_inside) {
      if (c == options_.separator) {
        next = at + 1;
        break;
      }
      // Text behind the closing quote stays; spaces are only room.
      if (!IsSpace(c)) *to++ = c;
    } else if (c == options_.escape && at + 1 < end && c != options_.quote &&
               (following == options_.quote || following == options_.escape)) {
      *to++ = following;
      ++at;
    } else if (c == options_.quote && following == options_.quote) {
      *to++ = c;
      ++at;
    } else if (c == options_.quote) {
      is_inside = false;
    } else {
      *to++ = c;
    }
  }
  *is_open = is_inside;
  field->data = copy.get();
  field->length = static_cast<uint32_t>(to - copy.get());
  unescaped_.push_back(std::move(copy));
  return next;
}

template <typename Sink>
CsvProblem RecordSplitter::SplitInto(Sink&& sink) {
  const char* at = record_.data();
  const char* end = at + record_.size();
  if (!has_quotes_ || Find(at, end, options_.quote) == end) {
    SplitPlain(record_, sink);
    return CsvProblem::kNone;
  }
  if (options_.multi_line) {
    // An open quote takes the following lines in, until it is closed.
    // Only a field's first character opens one.
    bool is_inside = false;
    bool is_field_start = true;
    for (const char* c = at; c < end_; ++c) {
      end = c + 1;
      if (is_inside && *c == options_.escape && options_.escape != options_.quote && end < end_) {
        end = ++c + 1;
      } else if (is_inside && *c == options_.quote) {
        // A doubled quote opens it again at once.
        is_inside = end < end_ && *end == options_.quote;
        if (is_inside) end = ++c + 1;
      } else if (*c == options_.quote && is_field_start) {
        is_inside = true;
      } else if (*c == line_end_ && !is_inside) {
        end = c;
        break;
      }
      is_field_start = !is_inside && (*c == options_.separator ||
                                      (is_field_start && options_.trim_leading && IsSpace(*c)));
    }
    at_ = end < end_ ? end + 1 : end_;
    if (end > at && end[-1] == '\r') --end;
    record_ = {at, static_cast<size_t>(end - at)};
  }
  while (true) {
    const char* first = at;
    while (options_.trim_leading && first < end && IsSpace(*first)) ++first;
    if (first < end && *first == options_.quote) {
      CsvField field;
      bool is_open = false;
      at = QuotedField(first, end, &field, &is_open);
      sink(field);
      if (is_open) return CsvProblem::kOpenQuote;
      if (at == nullptr) return CsvProblem::kNone;
      continue;
    }
    const char* field_end = Find(at, end, options_.separator);
    sink(Trimmed({at, static_cast<uint32_t>(field_end - at), false, false}));
    if (field_end == end) return CsvProblem::kNone;
    at = field_end + 1;
  }
}

CsvProblem RecordSplitter::Split(const std::vector<int>& slots, CsvField* fields, int64_t stride) {
  size_t count = 0;
  const CsvProblem problem = SplitInto([&](const CsvField& field) {
    if (count < slots.size() && slots[count] >= 0) fields[slots[count] * stride] = field;
    ++count;
  });
  for (size_t i = count; i < slots.size(); ++i) {
    if (slots[i] >= 0) fields[slots[i] * stride] = CsvField{"", 0, false, true};
  }
  if (problem != CsvProblem::kNone || count == slots.size()) return problem;
  return count < slots.size() ? CsvProblem::kTooFewFields : CsvProblem::kTooManyFields;
}

CsvProblem RecordSplitter::SplitAll(std::vector<CsvField>* fields) {
  fields->clear();
  return SplitInto([&](const CsvField& field) { fields->push_back(field); });
}

}  // namespace sabot
