#include "sabot/formats/text/line_reader.h"

#include <gtest/gtest.h>

#include "sabot/formats/testing/file_rows.h"

namespace sabot {
namespace {

/// Blocks of a file that is read in pieces, each after the other, and small ones at that.
class LineReading : public testing::Test {
 protected:
  std::string Read(std::string_view bytes, int64_t piece_bytes, int64_t block_bytes) {
    const auto file = TextFile::Open(LocalFiles(), folder_.Write("t.txt", bytes));
    EXPECT_TRUE(file.ok()) << file.status();
    std::string text;
    for (const FileMorsel& morsel : (*file)->Morsels(piece_bytes, true)) {
      LineReader reader(*file, morsel.begin, morsel.end, block_bytes);
      while (const BufferPtr block = *reader.NextBlock()) {
        text.append(reinterpret_cast<const char*>(block->data()),
                    static_cast<size_t>(block->size()));
      }
    }
    return text;
  }

  TestFolder folder_;
};

TEST_F(LineReading, EndsLinesAlikeWhateverThePieces) {
  for (int64_t piece = 1; piece <= 24; ++piece) {
    for (int64_t block : {1, 3, 1024}) {
      EXPECT_EQ(Read("one\rtwo\rthree\rfour", piece, block), "one\ntwo\nthree\nfour");
      EXPECT_EQ(Read("one\ntwo\rthree\r\nfour\r", piece, block), "one\ntwo\nthree\r\nfour\n");
      EXPECT_EQ(Read("one\r\ntwo\r\nthree\r\n", piece, block), "one\r\ntwo\r\nthree\r\n");
    }
  }
}

TEST_F(LineReading, ReplacesWhatIsNoUtf8) {
  for (int64_t piece = 1; piece <= 24; ++piece) {
    EXPECT_EQ(Read("caf\xE9\ngr\xC3\xBC\xC3\x9F\n\xFF\n", piece, 1),
              "caf\xEF\xBF\xBD\ngr\xC3\xBC\xC3\x9F\n\xEF\xBF\xBD\n");
  }
}

TEST_F(LineReading, LeavesTheByteOrderMarkOut) {
  for (int64_t piece = 1; piece <= 24; ++piece) {
    EXPECT_EQ(Read("\xEF\xBB\xBF"
                   "a\nb\xEF\xBB\xBF\n\xEF\xBB\xBF"
                   "c\n",
                   piece, 1),
              "a\nb\xEF\xBB\xBF\n\xEF\xBB\xBF"
              "c\n");
  }
  EXPECT_EQ(Read("\xEF\xBB\xBF", 100, 1), "");
}

TEST_F(LineReading, NumbersLinesBehindBadBytesAndReturns) {
  const auto file =
      TextFile::Open(LocalFiles(), folder_.Write("t.txt", "\xE9\xE9\n\xE9\r\xE9\r\n\xE9\nx\n"));
  LineReader reader(*file, 0, (*file)->size_bytes(), 2);
  std::vector<int64_t> lines;
  while (const BufferPtr block = *reader.NextBlock()) {
    const std::string_view text{reinterpret_cast<const char*>(block->data()),
                                static_cast<size_t>(block->size())};
    // Where each line of the block begins.
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      lines.push_back(*reader.LineNumberAfter(text.substr(0, at)));
    }
  }
  EXPECT_EQ(lines, (std::vector<int64_t>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace sabot
