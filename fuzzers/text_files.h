#pragma once

#include <fstream>

#include <stdlib.h>

#include "fuzzers/driver.h"

#include "sabot/base/env.h"
#include "sabot/formats/file.h"

/// Files of text: the schema inferred, then every row read, also with a schema given, in each mode.
namespace sabot::fuzz {

inline arrow::Status ReadAll(const FileFormat& format, const std::string& path, Schema schema,
                             const FileOptions& options, int32_t batch_size) {
  Files& files = *Env::Real().files;
  if (schema.columns.empty()) {
    ARROW_ASSIGN_OR_RAISE(schema, format.InferSchema(files, std::span(&path, 1), options));
  }
  ARROW_ASSIGN_OR_RAISE(auto file, format.Open(files, path, schema, options));
  ReadRequest request{.batch_size = batch_size};
  for (size_t i = 0; i < schema.size(); ++i) request.columns.push_back(static_cast<int>(i));
  for (const FileMorsel& morsel : file->Morsels()) {
    BufferPool pool;
    ARROW_ASSIGN_OR_RAISE(auto reader, file->MakeReader(morsel, request));
    while (true) {
      Batch batch;
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, reader->Next(pool, &batch));
      if (!has_rows) break;
      for (const Vector& column : batch.columns()) {
        for (int32_t row = 0; row < column.size(); ++row) (void)column.ValueAt(row).ToText();
      }
    }
  }
  return arrow::Status::OK();
}

inline int RunTextFiles(std::string_view name, const FileFormat& format,
                        const std::vector<std::map<std::string, std::string>>& options,
                        const std::vector<std::string>& schemas, int argc, char** argv) {
  const std::vector<std::string> corpus = ReadCorpus(std::string(format.name()));
  std::string folder = "/tmp/sabot_fuzz_XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 2;
  const std::string path = folder + "/mutant." + std::string(format.name());
  Random choices(7);
  const int code = Run(
      name, argc, argv,
      [&](Random& random) {
        choices = Random(random());
        return MutateBytes(corpus[random() % corpus.size()], corpus, random);
      },
      [&](const std::string& mutant) -> arrow::Status {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << mutant;
        FileOptions chosen;
        chosen.values = options[choices() % options.size()];
        const std::string& ddl = schemas[choices() % schemas.size()];
        Schema schema;
        if (!ddl.empty()) {
          ARROW_ASSIGN_OR_RAISE(schema, ParseSchema(ddl));
        }
        return ReadAll(format, path, schema, chosen, choices() % 2 == 0 ? 3 : kVectorSize);
      });
  (void)Env::Real().files->RemoveTree(folder);
  return code;
}

}  // namespace sabot::fuzz
