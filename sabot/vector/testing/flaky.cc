#include "sabot/vector/testing/flaky.h"

#include <optional>

#include "sabot/vector/testing/test_rows.h"

namespace sabot::testing {
namespace {

class Mood {
 public:
  Mood(FlakyOptions options, Waker* waker)
      : options_(options), random_(options.seed * 2654435761 + 1), waker_(waker) {}

  std::optional<Progress> Answer(bool may_be_empty) {
    if (Hits(options_.blocked_one_in)) {
      waker_->Fire();
      return Progress::kBlocked;
    }
    if (Hits(options_.memory_one_in)) return Progress::kNeedsMemory;
    if (may_be_empty && Hits(options_.more_one_in)) return Progress::kMore;
    return std::nullopt;
  }

 private:
  bool Hits(uint64_t one_in) { return one_in != 0 && random_() % one_in == 0; }

  const FlakyOptions options_;
  Random random_;
  Waker* const waker_;
};

class FlakySource final : public Source {
 public:
  FlakySource(std::unique_ptr<Source> inner, FlakyOptions options, Waker* waker)
      : inner_(std::move(inner)), mood_(options, waker) {}

  arrow::Result<Progress> Poll(Output* output) override {
    if (const auto answer = mood_.Answer(true)) return *answer;
    return inner_->Poll(output);
  }
  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    return inner_->Snapshot(epoch, writer);
  }
  arrow::Status Restore(SnapshotReader& reader) override { return inner_->Restore(reader); }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    return inner_->Spill(bytes_wanted, writer);
  }

 private:
  std::unique_ptr<Source> inner_;
  Mood mood_;
};

class FlakyOperator final : public Operator {
 public:
  FlakyOperator(std::unique_ptr<Operator> inner, FlakyOptions options, Waker* waker)
      : inner_(std::move(inner)), options_(options), mood_(options, waker), waker_(waker) {}

  arrow::Result<Progress> Push(int port, Batch& input, Output* output) override {
    if (const auto answer = mood_.Answer(true)) return *answer;
    return inner_->Push(port, input, output);
  }
  arrow::Result<Progress> OnMarker(Marker& marker, Output* output) override {
    if (const auto answer = mood_.Answer(true)) return *answer;
    return inner_->OnMarker(marker, output);
  }
  std::unique_ptr<Source> Remainder() override {
    std::unique_ptr<Source> rest = inner_->Remainder();
    return rest == nullptr ? nullptr : MakeFlaky(std::move(rest), options_, waker_);
  }
  arrow::Status Snapshot(Epoch epoch, SnapshotWriter& writer) override {
    return inner_->Snapshot(epoch, writer);
  }
  arrow::Status Restore(SnapshotReader& reader) override { return inner_->Restore(reader); }
  int64_t spillable_bytes() const override { return inner_->spillable_bytes(); }
  arrow::Result<int64_t> Spill(int64_t bytes_wanted, PageWriter& writer) override {
    return inner_->Spill(bytes_wanted, writer);
  }

 private:
  std::unique_ptr<Operator> inner_;
  const FlakyOptions options_;
  Mood mood_;
  Waker* const waker_;
};

}  // namespace

std::unique_ptr<Operator> MakeFlaky(std::unique_ptr<Operator> inner, FlakyOptions options,
                                    Waker* waker) {
  return std::make_unique<FlakyOperator>(std::move(inner), options, waker);
}

std::unique_ptr<Source> MakeFlaky(std::unique_ptr<Source> inner, FlakyOptions options,
                                  Waker* waker) {
  return std::make_unique<FlakySource>(std::move(inner), options, waker);
}

}  // namespace sabot::testing
