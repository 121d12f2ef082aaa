#include "fuzzers/driver.h"

#include "sabot/analyzer/analyzer.h"
#include "sabot/connectors/range/range.h"
#include "sabot/frontend/sql/parser.h"
#include "sabot/optimizer/optimizer.h"
#include "sabot/plan/physical/plan.h"
#include "sabot/planner/planner.h"

// Bytes of plans, logical and physical: what decodes can be printed, compared and encoded again.
namespace sabot {
namespace {

std::vector<std::string> EncodedPlans() {
  ConnectorSet connectors;
  connectors.Add(MakeRangeConnector());
  Catalog catalog;
  AnalyzerContext context;
  context.catalog = &catalog;
  context.connectors = &connectors;
  context.functions = &FunctionRegistry::Default();
  std::vector<std::string> bytes;
  for (const std::string& text : fuzz::ReadCorpus("plan")) {
    const auto statement = sql::ParseStatement(text);
    if (!statement.ok()) continue;
    const auto* query = (*statement)->As<syntax::Query>();
    if (query == nullptr) continue;
    const auto plan = Analyze(query->relation, context);
    if (!plan.ok()) {
      std::cerr << text << ": " << plan.status().ToString() << "\n";
      continue;
    }
    bytes.push_back(EncodePlan(*plan));
    const auto optimized = Optimize(*plan, {context.functions, {}, {}});
    if (!optimized.ok()) continue;
    const auto physical = MakePhysicalPlan(*optimized);
    if (physical.ok()) bytes.push_back(EncodePlan(*physical));
  }
  return bytes;
}

template <typename Decode>
arrow::Status CheckBytes(const std::string& bytes, Decode decode) {
  ARROW_ASSIGN_OR_RAISE(const auto plan, decode(bytes));
  if (ToText(plan.root).empty()) return InternalError("a plan prints as nothing");
  ARROW_ASSIGN_OR_RAISE(const auto again, decode(EncodePlan(plan)));
  if (!Equal(plan.root, again.root)) return InternalError("a plan is not what it was encoded as");
  return arrow::Status::OK();
}

}  // namespace
}  // namespace sabot

int main(int argc, char** argv) {
  using namespace sabot;
  const std::vector<std::string> corpus = EncodedPlans();
  if (corpus.empty()) return 2;
  return fuzz::Run(
      "plan_fuzz", argc, argv,
      [&](fuzz::Random& random) {
        std::string mutant = corpus[random() % corpus.size()];
        if (random() % 3 == 0) return fuzz::MutateBytes(std::move(mutant), corpus, random);
        // One byte changed a little: more of these still are plans.
        const size_t at = random() % mutant.size();
        mutant[at] = static_cast<char>(mutant[at] ^ (1 << (random() % 3)));
        return mutant;
      },
      [](const std::string& mutant) {
        if (mutant.starts_with("SBPP")) {
          return CheckBytes(mutant, [](std::string_view b) { return DecodePhysicalPlan(b); });
        }
        return CheckBytes(mutant, [](std::string_view b) { return DecodePlan(b); });
      });
}
