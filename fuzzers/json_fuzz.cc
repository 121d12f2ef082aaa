#include "fuzzers/text_files.h"

// JSON lines, read with and without a schema, in every mode.
int main(int argc, char** argv) {
  return sabot::fuzz::RunTextFiles(
      "json_fuzz", sabot::JsonFormat(),
      {{}, {{"mode", "PERMISSIVE"}}, {{"mode", "DROPMALFORMED"}}, {{"mode", "FAILFAST"}}},
      {"", "", "a BIGINT, b STRING, c DOUBLE, l ARRAY<INT>, r STRUCT<x: INT, y: STRING>",
       "a STRING, d DATE, t TIMESTAMP, m MAP<STRING, BIGINT>, e BOOLEAN, c DECIMAL(10,2)"},
      argc, argv);
}
