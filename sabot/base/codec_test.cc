#include "sabot/base/codec.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "sabot/base/error.h"

namespace sabot {
namespace {

enum class Colour : uint8_t { kRed, kGreen };

struct Inner {
  int64_t number = 0;
  std::string text;
  static constexpr auto Fields() {
    return std::tuple{Field{"number", &Inner::number}, Field{"text", &Inner::text}};
  }
  friend bool operator==(const Inner&, const Inner&) = default;
};

struct Outer {
  bool flag = false;
  Colour colour = Colour::kRed;
  uint64_t large = 0;
  double real = 0;
  std::vector<Inner> list;
  std::optional<int32_t> maybe;
  std::variant<std::monostate, int64_t, std::string> either;
  std::pair<std::string, int64_t> pair;
  std::shared_ptr<Outer> next;
  static constexpr auto Fields() {
    return std::tuple{Field{"flag", &Outer::flag},     Field{"colour", &Outer::colour},
                      Field{"large", &Outer::large},   Field{"real", &Outer::real},
                      Field{"list", &Outer::list},     Field{"maybe", &Outer::maybe},
                      Field{"either", &Outer::either}, Field{"pair", &Outer::pair},
                      Field{"next", &Outer::next}};
  }
};

Outer Sample() {
  Outer outer{true, Colour::kGreen, ~uint64_t{0},     -0.5,   {{INT64_MIN, ""}, {1, "b"}},
              -7,   "text",         {"k", INT64_MAX}, nullptr};
  outer.next = std::make_shared<Outer>();
  outer.next->either = int64_t{3};
  return outer;
}

std::string ClassOf(const arrow::Status& status) {
  const ErrorDetail* detail = GetErrorDetail(status);
  return detail == nullptr ? status.ToString() : std::string(detail->error_class().name);
}

TEST(Codec, ReadsBackWhatItWrote) {
  const Outer sample = Sample();
  const Outer copy = DecodeFromString<Outer>(EncodeToString(sample)).ValueOrDie();
  EXPECT_TRUE(copy.flag);
  EXPECT_EQ(copy.colour, Colour::kGreen);
  EXPECT_EQ(copy.large, ~uint64_t{0});
  EXPECT_EQ(copy.real, -0.5);
  EXPECT_EQ(copy.list, sample.list);
  EXPECT_EQ(copy.maybe, -7);
  EXPECT_EQ(copy.either, sample.either);
  EXPECT_EQ(copy.pair, sample.pair);
  ASSERT_NE(copy.next, nullptr);
  EXPECT_EQ(copy.next->either, sample.next->either);
  EXPECT_EQ(copy.next->next, nullptr);
  EXPECT_EQ(copy.next->maybe, std::nullopt);
}

// The layout is a format: plans of one release are read by another.
TEST(Codec, LaysBytesOutAsDocumented) {
  EXPECT_EQ(EncodeToString(Inner{-1, "ab"}), std::string("\2\1\1\1\2\2ab", 8));
  EXPECT_EQ(EncodeToString(int64_t{64}), "\x80\x01");
  EXPECT_EQ(EncodeToString(std::vector<bool>::value_type{true}), "\2");
  EXPECT_EQ(EncodeToString(std::optional<int64_t>{}), "");
  EXPECT_EQ(EncodeToString(std::optional<int64_t>{0}), std::string("\1\0", 2));
  EXPECT_EQ(EncodeToString(std::vector<int64_t>{1, 2}), "\2\1\2\1\4");
  EXPECT_EQ(EncodeToString(std::variant<int64_t, std::string>{"x"}), "\1x");
}

TEST(Codec, NumbersOfEveryLength) {
  for (int shift = 0; shift < 64; ++shift) {
    for (int64_t delta : {-1, 0, 1}) {
      const auto value =
          static_cast<int64_t>((uint64_t{1} << shift) + static_cast<uint64_t>(delta));
      for (int64_t number : {value, static_cast<int64_t>(-static_cast<uint64_t>(value))}) {
        ASSERT_EQ(DecodeFromString<int64_t>(EncodeToString(number)).ValueOrDie(), number);
      }
    }
  }
  for (double real : {0.0, -0.0, 1e300, std::numeric_limits<double>::infinity()}) {
    const double copy = DecodeFromString<double>(EncodeToString(real)).ValueOrDie();
    EXPECT_EQ(std::signbit(copy), std::signbit(real));
    EXPECT_EQ(copy, real);
  }
  EXPECT_TRUE(std::isnan(DecodeFromString<double>(EncodeToString(std::nan(""))).ValueOrDie()));
}

// The same struct as a later release has it, and as an earlier one had it.
struct Later {
  std::string text;
  std::vector<Inner> added{{5, "default"}};
  static constexpr auto Fields() {
    return std::tuple{RetiredField{}, Field{"text", &Later::text}, Field{"added", &Later::added}};
  }
};

TEST(Codec, SkipsFieldsItDoesNotKnowAndKeepsDefaultsOfMissingOnes) {
  const Later later = DecodeFromString<Later>(EncodeToString(Inner{9, "t"})).ValueOrDie();
  EXPECT_EQ(later.text, "t");
  ASSERT_EQ(later.added.size(), 1U);
  EXPECT_EQ(later.added[0].text, "default");
  const Inner inner = DecodeFromString<Inner>(EncodeToString(Later{"u", {{1, "x"}}})).ValueOrDie();
  EXPECT_EQ(inner, (Inner{0, "u"}));
}

TEST(Codec, RetiredFieldsKeepTheIdsOfTheOthers) {
  int last = 0;
  ForEachField<Later>([&](int id, std::string_view, auto) { last = id; });
  EXPECT_EQ(last, 3);
}

TEST(Codec, RefusesBytesThatEndEarlyAtEveryLength) {
  const std::string bytes = EncodeToString(Sample());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto result = DecodeFromString<Outer>(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(result.ok()) << size;
    ASSERT_EQ(ClassOf(result.status()), "CODEC_ERROR") << size;
  }
  EXPECT_EQ(ClassOf(DecodeFromString<Outer>(bytes + "x").status()), "CODEC_ERROR");
}

TEST(Codec, APartEndsWithItsBytes) {
  Decoder decoder("\3ab");
  EXPECT_EQ(ClassOf(decoder.Part().status()), "CODEC_ERROR");
  Decoder exact("\3abc");
  EXPECT_EQ(exact.Part().ValueOrDie().Rest(), "abc");
  EXPECT_TRUE(exact.at_end());
  Decoder raw("abc");
  EXPECT_FALSE(raw.Raw(4).ok());
  EXPECT_EQ(raw.Raw(3).ValueOrDie(), "abc");
}

TEST(Codec, RefusesNumbersPastSixtyFourBits) {
  EXPECT_FALSE(DecodeFromString<int64_t>(std::string(10, '\xff')).ok());
  EXPECT_FALSE(DecodeFromString<int64_t>("").ok());
  EXPECT_EQ(DecodeFromString<uint64_t>(EncodeToString(~uint64_t{0})).ValueOrDie(), ~uint64_t{0});
  // Ten bytes hold 70 bits: six of the last one's are beyond.
  EXPECT_FALSE(DecodeFromString<int64_t>(std::string(9, '\x80') + "\x02").ok());
}

TEST(Codec, AllocatesNothingForAListThatCannotBeThere) {
  Encoder encoder;
  encoder.Varint(uint64_t{1} << 40);
  const auto result = DecodeFromString<std::vector<Inner>>(encoder.bytes());
  EXPECT_EQ(ClassOf(result.status()), "CODEC_ERROR");
}

TEST(Codec, EndsNestingBeforeTheStack) {
  auto deep = std::make_shared<Outer>();
  for (int i = 0; i < kMaxCodecDepth - 2; ++i) {
    auto next = std::make_shared<Outer>();
    next->next = std::move(deep);
    deep = std::move(next);
  }
  EXPECT_TRUE(DecodeFromString<Outer>(EncodeToString(*deep)).ok());
  for (int i = 0; i < 4; ++i) {
    auto next = std::make_shared<Outer>();
    next->next = std::move(deep);
    deep = std::move(next);
  }
  EXPECT_EQ(ClassOf(DecodeFromString<Outer>(EncodeToString(*deep)).status()), "CODEC_ERROR");
}

TEST(Codec, AnyBytesAreAValueOrAnError) {
  const std::string bytes = EncodeToString(Sample());
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string mutant = bytes;
    for (uint64_t k = random() % 4; k < 4; ++k) {
      mutant[random() % mutant.size()] = static_cast<char>(random());
    }
    const auto result = DecodeFromString<Outer>(mutant);
    if (!result.ok()) {
      ASSERT_EQ(ClassOf(result.status()), "CODEC_ERROR");
    }
  }
}

TEST(Fields, EqualityLooksAtEachOne) {
  struct Plain {
    int64_t a = 1;
    std::string b = "x";
    static constexpr auto Fields() {
      return std::tuple{Field{"a", &Plain::a}, Field{"b", &Plain::b}};
    }
  };
  EXPECT_TRUE(FieldsEqual(Plain{}, Plain{}));
  EXPECT_FALSE(FieldsEqual(Plain{2, "x"}, Plain{}));
  EXPECT_FALSE(FieldsEqual(Plain{1, "y"}, Plain{}));
}

}  // namespace
}  // namespace sabot
