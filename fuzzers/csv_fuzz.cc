#include "fuzzers/text_files.h"

// CSV files, read with and without a schema, in every mode.
int main(int argc, char** argv) {
  return sabot::fuzz::RunTextFiles(
      "csv_fuzz", sabot::CsvFormat(),
      {{{"header", "true"}, {"inferSchema", "true"}},
       {{"header", "false"}},
       {{"header", "true"}, {"mode", "PERMISSIVE"}, {"nullValue", "NA"}},
       {{"header", "true"}, {"mode", "DROPMALFORMED"}},
       {{"header", "true"}, {"mode", "FAILFAST"}},
       {{"header", "true"}, {"sep", ";"}, {"multiLine", "true"}}},
      {"", "", "a INT, b STRING, c DOUBLE, d DATE",
       "a BIGINT, b STRING, c DECIMAL(10,2), d TIMESTAMP, e BOOLEAN"},
      argc, argv);
}
