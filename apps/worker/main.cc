#include <cstdio>
#include <cstring>

#include "sabot/session/stream.h"

// sabot-worker JOB: runs the stream in the job file that its parent wrote; a line of state every 50
// ms on standard output.
int main(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], "--help") == 0) {
    std::fprintf(stderr,
                 "sabot-worker JOB\nRuns a stream for its parent process. Started by "
                 "Sabot(workers=1), not by hand.\n");
    return argc == 2 ? 0 : 64;
  }
  return sabot::RunWorker(argv[1]);
}
