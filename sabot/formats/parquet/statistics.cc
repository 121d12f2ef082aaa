#include "parquet/statistics.h"

#include "parquet/metadata.h"

#include "sabot/formats/parquet/parquet_file.h"

namespace sabot::parquet_internal {
namespace {

struct ChunkStatistics {
  TypedValue min;
  TypedValue max;
  int64_t null_count = -1;
  int64_t num_values = -1;
};

ChunkStatistics ReadChunk(const ParquetMetadata& metadata, int row_group,
                          const ColumnSource& source) {
  ChunkStatistics result;
  if (source.leaf.form == LeafForm::kNone || source.leaf_index < 0) return result;
  const auto chunk = metadata.file().RowGroup(row_group)->ColumnChunk(source.leaf_index);
  result.num_values = chunk->num_values();
  if (!chunk->is_stats_set()) return result;
  const std::shared_ptr<parquet::EncodedStatistics> encoded = chunk->encoded_statistics();
  if (encoded == nullptr) return result;
  if (encoded->has_min) result.min = DecodeStatistic(source.leaf, encoded->min());
  if (encoded->has_max) result.max = DecodeStatistic(source.leaf, encoded->max());
  if (encoded->has_null_count) result.null_count = encoded->null_count;
  return result;
}

}  // namespace

bool CanSkip(const ParquetMetadata& metadata, int row_group, const ColumnSource& source,
             const ColumnBound& bound) {
  // A column the file lacks is NULL in every row.
  if (source.field < 0) return bound.comparison != Comparison::kIsNull;
  const ChunkStatistics chunk = ReadChunk(metadata, row_group, source);
  if (bound.comparison == Comparison::kIsNull) return chunk.null_count == 0;
  if (chunk.null_count >= 0 && chunk.null_count == chunk.num_values) return true;
  if (chunk.min.is_null() || chunk.max.is_null()) return false;
  return !MayMatch(bound, chunk.min, chunk.max);
}

arrow::Result<FileStatistics> ReadStatistics(const ParquetMetadata& metadata,
                                             const std::vector<ColumnSource>& sources) {
  FileStatistics result;
  result.num_rows = metadata.file().num_rows();
  result.columns.resize(sources.size());
  const int num_row_groups = metadata.file().num_row_groups();
  for (int group = 0; group < num_row_groups; ++group) {
    result.size_bytes += metadata.file().RowGroup(group)->total_compressed_size();
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    FileColumnStatistics& column = result.columns[i];
    bool has_bounds = true;
    bool has_null_count = true;
    int64_t null_count = 0;
    int64_t size_bytes = 0;
    for (int group = 0; group < num_row_groups; ++group) {
      for (int leaf : sources[i].leaves) {
        size_bytes += metadata.file().RowGroup(group)->ColumnChunk(leaf)->total_compressed_size();
      }
      const ChunkStatistics chunk = ReadChunk(metadata, group, sources[i]);
      has_null_count = has_null_count && chunk.null_count >= 0;
      null_count += chunk.null_count;
      const bool is_all_null = chunk.null_count >= 0 && chunk.null_count == chunk.num_values;
      if (is_all_null || !has_bounds) continue;
      has_bounds = !chunk.min.is_null() && !chunk.max.is_null();
      const auto is_below = [](const TypedValue& left, const TypedValue& right) {
        const ColumnBound below{.comparison = Comparison::kLess, .value = left};
        return !MayMatch(below, right, right);  // no: right < left
      };
      if (column.min.is_null() || is_below(chunk.min, column.min)) column.min = chunk.min;
      if (column.max.is_null() || is_below(column.max, chunk.max)) column.max = chunk.max;
    }
    if (!has_bounds) column.min = column.max = TypedValue::Null(sources[i].leaf.type);
    column.null_count = has_null_count && num_row_groups > 0 ? null_count : -1;
    column.size_bytes = size_bytes;
  }
  return result;
}

}  // namespace sabot::parquet_internal
