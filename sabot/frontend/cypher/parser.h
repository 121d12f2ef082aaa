#pragma once

#include <string>
#include <string_view>

#include "arrow/result.h"

#include "sabot/syntax/relation.h"

namespace sabot::cypher {

/// A reading Cypher query as the unresolved tree: MATCH is Match, WITH and RETURN are Return, WITH
/// … WHERE is a Filter over it, each over the one before. Items without AS keep their text as
/// written. graph: what MATCH searches; empty: the only one.
///
/// Total over any bytes, linear in their number. Spans point into `text`.
/// Errors: PARSE_SYNTAX_ERROR at the first token that fits nothing; UNSUPPORTED_FEATURE at the
/// keyword of a clause or form that openCypher has and Sabot does not; PLAN_TOO_DEEP past
/// syntax::kNestingMax levels.
arrow::Result<syntax::RelationPtr> ParseQuery(std::string_view text, std::string graph);

}  // namespace sabot::cypher
