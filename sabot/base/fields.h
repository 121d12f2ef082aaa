#pragma once

#include <concepts>
#include <string_view>
#include <tuple>
#include <utility>

namespace sabot {

/// One member of a plain struct, named once. EXPLAIN, equality, the binary codec and Python's repr
/// read the list that a struct gives as
///   static constexpr auto Fields() { return std::tuple{Field{"offset", &Limit::offset}, …}; }
/// A field's numeric id in the codec is its place in the list, from 1: fields are appended, never
/// reordered; a removed one leaves a RetiredField in its place.
template <typename Owner, typename Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
};
template <typename Owner, typename Member>
Field(const char*, Member Owner::*) -> Field<Owner, Member>;

struct RetiredField {};

template <typename T>
concept HasFields = requires { T::Fields(); };

namespace internal {
template <typename Function, typename Owner, typename Member>
void VisitField(Function& function, int id, const Field<Owner, Member>& field) {
  function(id, field.name, field.member);
}
template <typename Function>
void VisitField(Function&, int, const RetiredField&) {}
}  // namespace internal

/// Call function(id, name, member pointer) for each field that is in use, in order.
template <HasFields T, typename Function>
void ForEachField(Function&& function) {
  std::apply(
      [&](const auto&... fields) {
        int id = 0;
        (internal::VisitField(function, ++id, fields), ...);
      },
      T::Fields());
}

/// Memberwise equality over Fields().
template <HasFields T>
bool FieldsEqual(const T& left, const T& right) {
  bool equal = true;
  ForEachField<T>(
      [&](int, std::string_view, auto member) { equal = equal && left.*member == right.*member; });
  return equal;
}

}  // namespace sabot
