#include "fuzzers/driver.h"
#include "fuzzers/queries.h"

// Statements of SQL, parsed, analysed, optimised and run.
int main(int argc, char** argv) {
  using namespace sabot;
  const std::vector<std::string> corpus = fuzz::ReadCorpus("sql");
  std::shared_ptr<Session> session;
  int64_t num_uses = 0;
  return fuzz::Run(
      "sql_fuzz", argc, argv,
      [&](fuzz::Random& random) {
        return fuzz::MutateText(corpus[random() % corpus.size()], corpus, random);
      },
      [&](const std::string& mutant) -> arrow::Status {
        // Mutants may drop views and set options: a new session now and then.
        if (num_uses++ % 20 == 0) {
          ARROW_ASSIGN_OR_RAISE(session, fuzz::MakeSession());
        }
        return fuzz::RunQuery(session->Sql(mutant));
      });
}
