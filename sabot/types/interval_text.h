#pragma once

#include <cstdint>
#include <string>

namespace sabot {

/// Intervals as Spark prints them.

/// "1-2", "-0-3": years and months, without the words around.
std::string YearMonthIntervalDigits(int64_t months);
/// "1 02:03:04.5", "-0 00:00:01": days and a time with six fraction digits at most.
std::string DayTimeIntervalDigits(int64_t micros);
/// "1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds"; parts of zero are left out, nothing at
/// all is "0 seconds".
std::string CalendarIntervalToString(int64_t months, int64_t days, int64_t micros);

/// "INTERVAL '1-2' YEAR TO MONTH"
std::string YearMonthIntervalToString(int64_t months);
/// "INTERVAL '1 02:03:04.5' DAY TO SECOND"
std::string DayTimeIntervalToString(int64_t micros);

}  // namespace sabot
