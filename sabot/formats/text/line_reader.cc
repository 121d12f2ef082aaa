#include "sabot/formats/text/line_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "arrow/buffer.h"
#include "arrow/io/compressed.h"
#include "arrow/io/interfaces.h"
#include "arrow/util/compression.h"

#include "sabot/base/utf8.h"
#include "sabot/formats/arrow_files.h"

namespace sabot {
namespace {

arrow::Result<std::shared_ptr<arrow::io::InputStream>> Decompress(const TextFile& file) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::util::Codec> codec,
                        arrow::util::Codec::Create(arrow::Compression::GZIP));
  // The stream keeps its codec; each has a position of its own in the shared file.
  ARROW_ASSIGN_OR_RAISE(auto raw,
                        arrow::io::RandomAccessFile::GetStream(file.file(), 0, file.size_bytes()));
  ARROW_ASSIGN_OR_RAISE(auto stream, arrow::io::CompressedInputStream::Make(codec.get(), raw));
  struct Kept {
    std::shared_ptr<arrow::util::Codec> codec;
    std::shared_ptr<arrow::io::InputStream> stream;
  };
  auto kept = std::make_shared<Kept>(Kept{std::move(codec), std::move(stream)});
  return std::shared_ptr<arrow::io::InputStream>(kept, kept->stream.get());
}

// A '\r' that no '\n' follows ends a line like one.
void EndLinesAlike(char* data, int64_t size) {
  char* at = data;
  char* const end = data + size;
  while ((at = static_cast<char*>(std::memchr(at, '\r', static_cast<size_t>(end - at)))) !=
         nullptr) {
    if (at + 1 == end || at[1] != '\n') *at = '\n';
    if (++at == end) return;
  }
}

// Editors mark UTF-8 so; it is no text.
BufferPtr WithoutByteOrderMark(BufferPtr block) {
  const std::string_view bytes{reinterpret_cast<const char*>(block->data()),
                               static_cast<size_t>(block->size())};
  if (!bytes.starts_with("\xEF\xBB\xBF")) return block;
  return Buffer::Borrow(bytes.data() + 3, block->size() - 3, block);
}

BufferPtr AsUtf8(BufferPtr block) {
  const std::string_view bytes{reinterpret_cast<const char*>(block->data()),
                               static_cast<size_t>(block->size())};
  if (IsUtf8(bytes)) return block;
  auto text = std::make_shared<std::string>(ToUtf8(bytes));
  return Buffer::Borrow(text->data(), static_cast<int64_t>(text->size()), text);
}

int64_t CountLines(std::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    count += text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
  }
  return count;
}

}  // namespace

arrow::Result<std::shared_ptr<const TextFile>> TextFile::Open(Files& files,
                                                              const std::string& path) {
  auto file = std::make_shared<TextFile>();
  file->path_ = path;
  ARROW_ASSIGN_OR_RAISE(file->file_, OpenForArrow(files, path));
  ARROW_ASSIGN_OR_RAISE(file->size_bytes_, file->file_->GetSize());
  file->is_compressed_ = path.ends_with(".gz") || path.ends_with(".GZ");
  if (!file->is_compressed_) {
    std::string sample(static_cast<size_t>(std::min<int64_t>(file->size_bytes_, 4096)), '\0');
    ARROW_ASSIGN_OR_RAISE(
        const int64_t size,
        file->file_->ReadAt(0, static_cast<int64_t>(sample.size()), sample.data()));
    sample.resize(static_cast<size_t>(size));
    if (sample.find('\r') != sample.npos && sample.find('\n') == sample.npos) {
      file->line_end_ = '\r';
    }
  }
  return file;
}

std::vector<FileMorsel> TextFile::Morsels(int64_t morsel_bytes, bool is_splittable) const {
  if (is_compressed_ || !is_splittable) return {{0, size_bytes_, -1, size_bytes_}};
  std::vector<FileMorsel> morsels;
  const int64_t count = std::max<int64_t>((size_bytes_ + morsel_bytes - 1) / morsel_bytes, 1);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t begin = size_bytes_ * i / count;
    const int64_t end = size_bytes_ * (i + 1) / count;
    morsels.push_back({begin, end, -1, end - begin});
  }
  return morsels;
}

LineReader::LineReader(std::shared_ptr<const TextFile> file, int64_t begin, int64_t end,
                       int64_t block_bytes)
    : file_(std::move(file)), begin_(begin), end_(end), block_bytes_(block_bytes) {
  position_ = begin;
  next_offset_ = begin;
  // Of compressed text only the beginning is known.
  if (file_->is_compressed()) end_ = std::numeric_limits<int64_t>::max();
}

LineReader::~LineReader() = default;

arrow::Result<int64_t> LineReader::Read(char* out, int64_t size) {
  if (file_->is_compressed()) {
    if (stream_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(stream_, Decompress(*file_));
      bytes_read_ = file_->size_bytes();
    }
    const auto num_read = stream_->Read(size, out);
    if (!num_read.ok()) return FileReadError(num_read.status(), "gzip", file_->path());
    position_ += *num_read;
    return *num_read;
  }
  ARROW_ASSIGN_OR_RAISE(const int64_t num_read, file_->file()->ReadAt(position_, size, out));
  position_ += num_read;
  bytes_read_ += num_read;
  return num_read;
}

// A line that began before belongs to the piece before; so does the one that ends right there.
arrow::Status LineReader::SkipFirstLine() {
  is_started_ = true;
  if (begin_ == 0) return arrow::Status::OK();
  position_ = begin_ - 1;
  std::string chunk(4096, '\0');
  while (true) {
    const int64_t chunk_begin = position_;
    ARROW_ASSIGN_OR_RAISE(const int64_t size,
                          Read(chunk.data(), static_cast<int64_t>(chunk.size())));
    if (size == 0) {
      is_done_ = true;
      return arrow::Status::OK();
    }
    const void* newline = std::memchr(chunk.data(), file_->line_end(), static_cast<size_t>(size));
    if (newline == nullptr) continue;
    position_ = chunk_begin + (static_cast<const char*>(newline) - chunk.data()) + 1;
    next_offset_ = position_;
    if (position_ >= end_) is_done_ = true;
    return arrow::Status::OK();
  }
}

arrow::Result<BufferPtr> LineReader::NextBlock() {
  const bool is_first = !is_started_ && begin_ == 0;
  ARROW_ASSIGN_OR_RAISE(BufferPtr block, NextRawBlock());
  if (block == nullptr) return block;
  if (is_first) block = WithoutByteOrderMark(std::move(block));
  if (block->size() == 0) return NextBlock();
  EndLinesAlike(reinterpret_cast<char*>(block->data()), block->size());
  return AsUtf8(std::move(block));
}

arrow::Result<BufferPtr> LineReader::NextRawBlock() {
  if (!is_started_) ARROW_RETURN_NOT_OK(SkipFirstLine());
  while (!is_done_) {
    const auto carried = static_cast<int64_t>(carry_.size());
    // A line longer than a block makes the next one longer.
    int64_t wanted = std::max(block_bytes_, carried);
    // Behind the piece's end only one line's rest is needed.
    constexpr int64_t kLineBytes = 16 * 1024;
    if (position_ + wanted > end_) wanted = std::max<int64_t>(end_ - position_, 0) + kLineBytes;
    wanted = std::max(wanted, carried);
    BufferPtr buffer = Buffer::Allocate(carried + wanted);
    char* data = reinterpret_cast<char*>(buffer->data());
    std::memcpy(data, carry_.data(), carry_.size());
    carry_.clear();
    ARROW_ASSIGN_OR_RAISE(const int64_t num_read, Read(data + carried, wanted));
    const int64_t size = carried + num_read;
    int64_t usable = size;
    if (num_read == 0) {
      is_done_ = true;
    } else if (position_ >= end_) {
      // The last line is the one that holds byte end - 1; it may end far behind.
      const int64_t last = std::max<int64_t>(end_ - 1 - next_offset_, 0);
      const void* newline =
          std::memchr(data + last, file_->line_end(), static_cast<size_t>(size - last));
      if (newline != nullptr) {
        usable = static_cast<const char*>(newline) - data + 1;
        is_done_ = true;
      } else {
        usable = -1;
      }
    }
    if (!is_done_) {
      const void* newline = memrchr(data, file_->line_end(), static_cast<size_t>(size));
      usable = newline == nullptr ? 0 : static_cast<const char*>(newline) - data + 1;
      carry_.assign(data + usable, static_cast<size_t>(size - usable));
    }
    block_offset_ = next_offset_;
    next_offset_ += usable;
    if (usable > 0) return Buffer::Borrow(data, usable, buffer);
  }
  return nullptr;
}

arrow::Result<BufferPtr> LineReader::Rest() {
  if (is_done_) return nullptr;
  is_done_ = true;
  std::string text;
  while (true) {
    const size_t size = text.size();
    text.resize(size + static_cast<size_t>(block_bytes_));
    ARROW_ASSIGN_OR_RAISE(const int64_t num_read, Read(text.data() + size, block_bytes_));
    text.resize(size + static_cast<size_t>(num_read));
    if (num_read == 0) break;
  }
  if (text.empty()) return nullptr;
  auto kept = std::make_shared<std::string>(std::move(text));
  block_offset_ = 0;
  const BufferPtr block = Buffer::Borrow(kept->data(), static_cast<int64_t>(kept->size()), kept);
  return AsUtf8(WithoutByteOrderMark(block));
}

// The block's own text is counted as it was handed out: bad bytes have made it longer.
arrow::Result<int64_t> LineReader::LineNumberAfter(std::string_view before) const {
  LineReader reader(file_, 0, file_->size_bytes());
  int64_t line = 1 + CountLines(before);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const BufferPtr block, reader.NextRawBlock());
    if (block == nullptr || reader.block_offset_ >= block_offset_) return line;
    const int64_t size = std::min(block->size(), block_offset_ - reader.block_offset_);
    line += CountLines({reinterpret_cast<const char*>(block->data()), static_cast<size_t>(size)});
  }
}

}  // namespace sabot
