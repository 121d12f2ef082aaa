#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "arrow/status.h"

#include "sabot/base/error.h"

/// What the fuzzers share: mutants of a corpus, each made of the seed and its number alone, so that
/// any of them can be made again.
///
///   sql_fuzz [--mutants N] [--seed S] [--only NUMBER]
namespace sabot::fuzz {

using Random = std::mt19937_64;

/// Entries of fuzzers/corpus/<name>.txt: lines, or what stands between lines "----" if there are
/// any. Lines that begin with "#" are comments.
inline std::vector<std::string> ReadCorpus(const std::string& name) {
  std::ifstream file;
  // From the root of the checkout, or from a build folder below it.
  for (const char* root : {"", "../../", "../../../"}) {
    if (!file.is_open()) file.open(root + ("fuzzers/corpus/" + name + ".txt"));
  }
  std::vector<std::string> lines;
  bool has_blocks = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) continue;
    has_blocks = has_blocks || line == "----";
    lines.push_back(line);
  }
  std::vector<std::string> entries;
  std::string block;
  for (const std::string& line : lines) {
    if (!has_blocks) {
      if (!line.empty()) entries.push_back(line);
    } else if (line == "----") {
      if (!block.empty()) entries.push_back(std::exchange(block, {}));
    } else {
      block += line + "\n";
    }
  }
  if (!block.empty()) entries.push_back(block);
  if (entries.empty()) {
    std::cerr << "no fuzzers/corpus/" << name << ".txt here: run from the root of the checkout\n";
    std::exit(2);
  }
  return entries;
}

/// A few bytes changed, cut, doubled or swapped in.
inline std::string MutateBytes(std::string bytes, const std::vector<std::string>& corpus,
                               Random& random) {
  for (uint64_t i = 0; i <= random() % 4; ++i) {
    if (bytes.empty()) bytes = "\n";
    const size_t at = random() % bytes.size();
    const size_t length = std::min<size_t>(bytes.size() - at, 1 + random() % 8);
    switch (random() % 7) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 4: {
        constexpr std::string_view kOdd[] = {"\"",
                                             "'",
                                             ",",
                                             "\n",
                                             "\r\n",
                                             "\\",
                                             std::string_view("\0", 1),
                                             "\xff",
                                             "-",
                                             "9e999",
                                             "{",
                                             "}",
                                             "[",
                                             "]",
                                             ":",
                                             "\xEF\xBB\xBF",
                                             "99999999999999999999",
                                             "null"};
        bytes.insert(at, kOdd[random() % std::size(kOdd)]);
        break;
      }
      case 5: {
        const std::string& other = corpus[random() % corpus.size()];
        const size_t from = random() % (other.size() + 1);
        bytes.replace(at, length, other.substr(from, 1 + random() % 16));
        break;
      }
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

/// Words, numbers, quoted pieces and single marks of a text, blanks with what they follow.
inline std::vector<std::string> Tokens(const std::string& text) {
  std::vector<std::string> tokens;
  const auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
  };
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    if (text[at] == '\'' || text[at] == '`') {
      end = std::min(text.find(text[at], at + 1), text.size() - 1) + 1;
    } else if (is_word(text[at])) {
      while (end < text.size() && is_word(text[end])) ++end;
    }
    while (end < text.size() && text[end] == ' ') ++end;
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

/// What may stand for what: numbers, quoted pieces, keywords (the corpus has them in capitals),
/// other words, operators, other marks.
inline int ClassOfToken(const std::string& token) {
  const char first = token.empty() ? ' ' : token[0];
  if (std::isdigit(static_cast<unsigned char>(first)) != 0) return 0;
  if (first == '\'' || first == '`') return 1;
  if (std::isupper(static_cast<unsigned char>(first)) != 0) return 2;
  if (std::isalpha(static_cast<unsigned char>(first)) != 0 || first == '_') return 3;
  return std::string_view("+-*/%=<>").find(first) != std::string_view::npos ? 4 : 5;
}

/// A token or two of a text changed, mostly for one of its class from another entry, so that much
/// of it still means something; sometimes doubled, dropped, swapped or replaced by something odd,
/// now and then bytes.
inline std::string MutateText(const std::string& text, const std::vector<std::string>& corpus,
                              Random& random) {
  if (random() % 20 == 0) return MutateBytes(text, corpus, random);
  std::vector<std::string> tokens = Tokens(text);
  const uint64_t num_changes = 1 + (random() % 3 == 0 ? 1 : 0);
  for (uint64_t i = 0; i < num_changes; ++i) {
    if (tokens.empty()) return text;
    // Brackets seldom fit elsewhere, nor do keywords: other tokens first.
    size_t at = random() % tokens.size();
    for (int tries = 0; tries < 8; ++tries) {
      const int found = ClassOfToken(tokens[at]);
      if (found != 5 && (found != 2 || random() % 6 == 0)) break;
      at = random() % tokens.size();
    }
    const auto here = tokens.begin() + static_cast<std::ptrdiff_t>(at);
    const uint64_t choice = random() % 16;
    if (choice == 0) {
      tokens.erase(here);
    } else if (choice == 1) {
      tokens.insert(here, *here);
    } else if (choice == 2) {
      std::swap(tokens[at], tokens[random() % tokens.size()]);
    } else if (choice <= 4) {
      constexpr std::string_view kOdd[] = {"NULL ",
                                           "0 ",
                                           "-1 ",
                                           "1.5 ",
                                           "9223372036854775807 ",
                                           "'' ",
                                           "1e308 ",
                                           "TRUE ",
                                           "CAST(NULL AS DECIMAL(38,10)) ",
                                           "'2013-01-01' ",
                                           "DATE '2013-02-28' ",
                                           "* ",
                                           "() ",
                                           "NOT ",
                                           "INTERVAL 1 DAY ",
                                           "2147483648 ",
                                           "array(1, NULL) ",
                                           "'NaN' ",
                                           "\xF0\x9F\x98\x80 "};
      *here = kOdd[random() % std::size(kOdd)];
    } else {
      // Some tries: another entry may have none of the class.
      const int wanted = ClassOfToken(*here);
      for (int tries = 0; tries < 20; ++tries) {
        const std::vector<std::string> other = Tokens(corpus[random() % corpus.size()]);
        const std::string& candidate = other[random() % other.size()];
        if (ClassOfToken(candidate) != wanted || candidate == *here) continue;
        *here = candidate;
        break;
      }
    }
  }
  std::string mutant;
  for (const std::string& token : tokens) mutant += token;
  return mutant;
}

namespace internal {
inline std::string current;  // what a crash is to be reported with
inline void ReportCrash() {
  const std::string text = "\n---- the input that did it:\n" + current + "\n----\n";
  (void)!write(2, text.data(), text.size());
}
inline void OnSignal(int signal_number) {
  ReportCrash();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}
}  // namespace internal

}  // namespace sabot::fuzz

#ifdef __SANITIZE_ADDRESS__
extern "C" void __sanitizer_set_death_callback(void (*callback)(void));
#endif

namespace sabot::fuzz {

/// What came of one mutant: OK if it ran; an error of a class that a user can meet; else a bug.
using Check = std::function<arrow::Status(const std::string& mutant)>;
using Mutate = std::function<std::string(Random& random)>;

/// The main function of a fuzzer. Fails if any mutant ends in INTERNAL_ERROR or a status without a
/// class, or if fewer than a tenth still run.
inline int Run(std::string_view name, int argc, char** argv, const Mutate& mutate,
               const Check& check) {
  int64_t num_mutants = 10'000;
  uint64_t seed = 1;
  int64_t only = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const int64_t value = std::strtoll(argv[i + 1], nullptr, 10);
    if (option == "--mutants") num_mutants = value;
    if (option == "--seed") seed = static_cast<uint64_t>(value);
    if (option == "--only") only = value;
  }
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_set_death_callback(internal::ReportCrash);
#endif
  for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS}) {
    signal(number, internal::OnSignal);
  }
  int64_t num_results = 0;
  int64_t num_bugs = 0;
  double slowest = 0;
  std::map<std::string, int64_t> classes;
  const int64_t begin = only >= 0 ? only : 0;
  const int64_t end = only >= 0 ? only + 1 : num_mutants;
  for (int64_t number = begin; number < end; ++number) {
    Random random(seed * 1'000'003 + static_cast<uint64_t>(number));
    const std::string mutant = mutate(random);
    internal::current =
        fmt::format("{} --seed {} --only {}\n{}", name, seed, number, mutant.substr(0, 20'000));
    if (only >= 0) std::cout << mutant << "\n";
    const auto start = std::chrono::steady_clock::now();
    const arrow::Status status = check(mutant);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    slowest = std::max(slowest, seconds);
    if (seconds > 10) {
      ++num_bugs;
      std::cout << fmt::format("---- took {:.1f} s: {}\n", seconds, internal::current);
    }
    if (status.ok()) {
      ++num_results;
      continue;
    }
    const ErrorDetail* detail = GetErrorDetail(status);
    const bool is_bug = detail == nullptr || detail->error_class().kind == ErrorKind::kInternal;
    ++classes[detail == nullptr ? "(no class)" : std::string(detail->error_class().name)];
    if (is_bug && ++num_bugs <= 20) {
      std::cout << "---- " << status.ToString() << "\n" << internal::current << "\n";
    }
    if (only >= 0) std::cout << status.ToString() << "\n";
  }
  const int64_t count = std::max<int64_t>(end - begin, 1);
  std::cout << fmt::format(
      "{}: {} mutants of seed {}: {} results ({} %), {} typed errors, {} bugs; slowest {:.2f} s\n",
      name, end - begin, seed, num_results, 100 * num_results / count,
      end - begin - num_results - num_bugs, num_bugs, slowest);
  for (const auto& [error_class, times] : classes) {
    std::cout << fmt::format("  {:6} {}\n", times, error_class);
  }
  const bool is_idle = only < 0 && num_results * 10 < end - begin;
  if (is_idle) std::cout << name << ": fewer than a tenth of the mutants still ran\n";
  return num_bugs > 0 || is_idle ? 1 : 0;
}

}  // namespace sabot::fuzz
