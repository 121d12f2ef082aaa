#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "arrow/result.h"

#include "sabot/catalog/table.h"
#include "sabot/formats/file.h"

/// Tables whose folders carry values, as Hive and Spark lay them out: d/year=2024/city=Bonn/x.csv
/// has the columns year and city, of which its files know nothing.
namespace sabot::internal {

/// Value of a folder by the lower-case name of its column, text still as in the path.
struct FolderValue {
  std::string column;
  std::string text;
};

/// Is the file below the folder? Both as text: links are not followed.
bool IsBelow(const std::string& base, const std::string& path);

/// The values in a file's path, outermost first: folders `key=value` between the base and the file.
/// None without a base, or of a file that is not below it.
std::vector<FolderValue> FolderValues(const std::string& base, const std::string& path);

/// How the base of a table is found, if no option names it: a path as the user gave it, be it a
/// folder or a pattern, reaches down to the base of every file found by it. Empty: the file itself
/// was named.
std::string BaseOf(const std::string& given, const std::string& path);

/// The partition columns of all files: names from the folders; INT, BIGINT, DECIMAL, DOUBLE, DATE
/// or STRING, the narrowest that reads all values. Empty: the table has none. Errors:
/// CONFLICTING_PARTITION_COLUMN_NAMES if files disagree.
arrow::Result<std::vector<TypeField>> InferPartitions(const std::string& base,
                                                      std::span<const std::string> paths);

/// What a table's schema means for one file: which columns it is asked for, which are its folders'.
struct PartitionedSchema {
  Schema of_file;
  std::vector<int> file_column;   ///< of a table column; -1: the folders'
  std::vector<TypedValue> value;  ///< of a table column that is the folders'
};
/// options: for their zone. Errors: CAST_INVALID_INPUT if a folder's value is none of the column's
/// type.
arrow::Result<PartitionedSchema> MatchPartitions(const Schema& table, const std::string& base,
                                                 const std::string& path,
                                                 const FileOptions& options);

/// Can a file whose folders have these values hold a row that all bounds accept?
bool MayMatchFolders(const PartitionedSchema& schema, std::span<const ColumnBound> bounds);

/// A file opened with schema.of_file that gives the columns of `table`: those of its folders are
/// constant.
std::shared_ptr<const DataFile> WithPartitions(std::shared_ptr<const DataFile> file, Schema table,
                                               PartitionedSchema schema);

}  // namespace sabot::internal
