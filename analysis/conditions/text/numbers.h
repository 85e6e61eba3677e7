// Numbers as text, as Go's strconv reads and fmt prints them.
//
//   parse_integer("0x1F", 0);    // 31
//   parse_real("1_0");           // 10
//   format_general(1e21);        // "1e+21"
//
// Errors are Go's words. No spaces are skipped and no locale is asked.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace serin::analysis::conditions {

template <class T>
using Parsing = std::expected<T, std::string>;

// strconv.ParseInt with 64 bits. `base` 10, or 0: by prefix (0x, 0o, 0b, 0), underscores between
// digits allowed.
Parsing<std::int64_t> parse_integer(std::string_view text, int base);
// strconv.Atoi: the same with base 10, under its own name in the error.
Parsing<std::int64_t> parse_atoi(std::string_view text);
// strconv.ParseFloat with 64 bits: decimal, hexadecimal, inf, infinity, nan; underscores only with
// a base prefix.
Parsing<double> parse_real(std::string_view text);

// %v of a float64: the shortest digits, with an exponent below 1e-4 and from 1e21 on; NaN, +Inf,
// -Inf.
std::string format_general(double value);
// encoding/json of a finite float64: the shortest digits, with an exponent below 1e-6 and from 1e21
// on.
std::string format_json_number(double value);

}  // namespace serin::analysis::conditions
