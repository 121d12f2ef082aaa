#pragma once

#include "sabot/base/codec.h"
#include "sabot/expression/kernel.h"
#include "sabot/types/codec.h"

namespace sabot {

template <>
struct CodecOf<EvaluationSettings> {
  static void Encode(const EvaluationSettings& settings, Encoder& encoder) {
    internal::EncodePart(settings.time_zone, encoder);
    internal::EncodePart(settings.ansi, encoder);
    internal::EncodePart(settings.now_us, encoder);
  }
  static arrow::Status Decode(Decoder& decoder, EvaluationSettings* settings) {
    ARROW_ASSIGN_OR_RAISE(Decoder time_zone, decoder.Part());
    ARROW_RETURN_NOT_OK(sabot::Decode(time_zone, &settings->time_zone));
    ARROW_ASSIGN_OR_RAISE(Decoder ansi, decoder.Part());
    ARROW_RETURN_NOT_OK(sabot::Decode(ansi, &settings->ansi));
    ARROW_ASSIGN_OR_RAISE(Decoder now, decoder.Part());
    return sabot::Decode(now, &settings->now_us);
  }
};

/// The first bytes of an encoded plan: what it is, and the version of its layout.
inline constexpr std::string_view kLogicalPlanMagic = "SBLP\1";
inline constexpr std::string_view kPhysicalPlanMagic = "SBPP\1";

}  // namespace sabot
