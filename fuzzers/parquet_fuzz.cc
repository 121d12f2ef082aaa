#include <fstream>

#include <stdlib.h>

#include "arrow/io/memory.h"
#include "arrow/table.h"
#include "fuzzers/text_files.h"
#include "parquet/arrow/writer.h"
#include "parquet/properties.h"

#include "sabot/formats/testing/arrow_table.h"

// Parquet files of another writer, in every encoding, with damaged pages and footers.
namespace sabot::fuzz {
namespace {

using Properties = parquet::WriterProperties::Builder;

std::string FileOf(const arrow::Table& table, Properties& properties) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto written = parquet::arrow::WriteTable(table, arrow::default_memory_pool(), stream, 25,
                                                  properties.build());
  if (!written.ok()) written.Abort();
  return (*stream->Finish())->ToString();
}

std::vector<std::string> MakeCorpus() {
  using parquet::Encoding;
  std::vector<std::string> corpus;
  for (const bool is_nullable : {false, true}) {
    const auto table = MakeArrowTable(60, 5, is_nullable);
    const auto integers = table->SelectColumns({1, 5, 7, 12, 15}).ValueOrDie();
    const auto texts = table
                           ->SelectColumns({table->schema()->GetFieldIndex("code"),
                                            table->schema()->GetFieldIndex("text")})
                           .ValueOrDie();
    for (const auto version :
         {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
      corpus.push_back(FileOf(*table, *Properties().data_page_version(version)));
      corpus.push_back(
          FileOf(*table, *Properties().data_page_version(version)->disable_dictionary()));
      corpus.push_back(FileOf(*table, *Properties().data_page_version(version)->compression(
                                          arrow::Compression::SNAPPY)));
      corpus.push_back(FileOf(
          *table, *Properties().data_page_version(version)->compression(arrow::Compression::ZSTD)));
      for (const auto encoding : {Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT}) {
        corpus.push_back(FileOf(
            *integers,
            *Properties().data_page_version(version)->disable_dictionary()->encoding(encoding)));
      }
      for (const auto encoding : {Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY}) {
        corpus.push_back(FileOf(
            *texts,
            *Properties().data_page_version(version)->disable_dictionary()->encoding(encoding)));
      }
    }
  }
  return corpus;
}

// Mostly bytes changed in place: what shifts a page or the footer ends early.
std::string Damage(std::string bytes, const std::vector<std::string>& corpus, Random& random) {
  if (random() % 8 == 0) return MutateBytes(std::move(bytes), corpus, random);
  for (uint64_t i = 0; i <= random() % 3; ++i) {
    const size_t at = random() % bytes.size();
    bytes[at] = random() % 2 == 0 ? static_cast<char>(random())
                                  : static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
  }
  return bytes;
}

int Main(int argc, char** argv) {
  const std::vector<std::string> corpus = MakeCorpus();
  std::string folder = "/tmp/sabot_fuzz_XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 2;
  const std::string path = folder + "/mutant.parquet";
  const int code = Run(
      "parquet_fuzz", argc, argv,
      [&](Random& random) { return Damage(corpus[random() % corpus.size()], corpus, random); },
      [&](const std::string& mutant) -> arrow::Status {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << mutant;
        return ReadAll(ParquetFormat(), path, {}, {}, mutant.size() % 2 == 0 ? 7 : kVectorSize);
      });
  (void)Env::Real().files->RemoveTree(folder);
  return code;
}

}  // namespace
}  // namespace sabot::fuzz

int main(int argc, char** argv) { return sabot::fuzz::Main(argc, argv); }
