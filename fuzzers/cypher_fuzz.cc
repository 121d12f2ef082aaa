#include "fuzzers/driver.h"
#include "fuzzers/queries.h"

// Questions in Cypher over a small graph, run.
int main(int argc, char** argv) {
  using namespace sabot;
  const std::vector<std::string> corpus = fuzz::ReadCorpus("cypher");
  auto session = fuzz::MakeSession();
  if (!session.ok()) {
    std::cerr << session.status().ToString() << "\n";
    return 2;
  }
  return fuzz::Run(
      "cypher_fuzz", argc, argv,
      [&](fuzz::Random& random) {
        return fuzz::MutateText(corpus[random() % corpus.size()], corpus, random);
      },
      [&](const std::string& mutant) {
        return fuzz::RunQuery((*session)->Cypher(mutant, "g", {{"p", TypedValue::Long(30)}}));
      });
}
