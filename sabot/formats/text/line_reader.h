#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

#include "sabot/formats/file.h"

namespace arrow::io {
class InputStream;
class RandomAccessFile;
}  // namespace arrow::io

namespace sabot {

/// Text that is read by lines, from a plain or a gzip file. Lines end with "\n", "\r\n" or "\r".
class TextFile {
 public:
  /// "x.gz" is decompressed, whatever its content.
  static arrow::Result<std::shared_ptr<const TextFile>> Open(Files& files, const std::string& path);

  const std::string& path() const { return path_; }
  int64_t size_bytes() const { return size_bytes_; }
  bool is_compressed() const { return is_compressed_; }
  /// What pieces of the file are cut at: '\r' if its first lines end with that alone, else '\n'.
  char line_end() const { return line_end_; }
  const std::shared_ptr<arrow::io::RandomAccessFile>& file() const { return file_; }
  /// Pieces of about morsel_bytes; one piece if the file is compressed or its lines cannot be told
  /// from the middle.
  std::vector<FileMorsel> Morsels(int64_t morsel_bytes, bool is_splittable) const;

 private:
  std::string path_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  int64_t size_bytes_ = 0;
  bool is_compressed_ = false;
  char line_end_ = '\n';
};

/// Hands out blocks of whole lines: those that begin in the bytes [begin, end) of the file. Blocks
/// are UTF-8: what is none has become U+FFFD, as in Spark's readers; a byte order mark is left out.
class LineReader {
 public:
  LineReader(std::shared_ptr<const TextFile> file, int64_t begin, int64_t end,
             int64_t block_bytes = 512 * 1024);
  ~LineReader();

  /// The next block, never empty; every line but the file's last ends with '\n', before which a
  /// '\r' may stand. Null: there is no more. Each block is a buffer of its own: strings may point
  /// into it.
  arrow::Result<BufferPtr> NextBlock();
  /// All that is left as one block, for records of several lines; its line ends are the file's.
  /// Null: nothing.
  arrow::Result<BufferPtr> Rest();
  /// Bytes of the file read so far.
  int64_t bytes_read() const { return bytes_read_; }

  /// The number, from 1, of the line of the last block that `before` leads up to. Reads the file up
  /// to there: for errors.
  arrow::Result<int64_t> LineNumberAfter(std::string_view before) const;

 private:
  arrow::Result<BufferPtr> NextRawBlock();
  arrow::Result<int64_t> Read(char* out, int64_t size);
  arrow::Status SkipFirstLine();

  std::shared_ptr<const TextFile> file_;
  std::shared_ptr<arrow::io::InputStream> stream_;  // of a compressed file
  int64_t position_;                                // of the next byte to read
  int64_t begin_;
  int64_t end_;
  int64_t block_bytes_;
  std::string carry_;  // a line's beginning
  bool is_started_ = false;
  bool is_done_ = false;
  int64_t bytes_read_ = 0;
  int64_t block_offset_ = 0;
  int64_t next_offset_ = 0;
};

}  // namespace sabot
