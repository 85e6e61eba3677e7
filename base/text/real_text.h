// A floating-point number as text, in the grammar that Go's programs read and write.
//
//   read_real("0.97");   // 0.97
//   read_real("+Inf");   // infinity
//   read_real("1e400").error();   // RealFault::range
//
// Decimal, hexadecimal with a `p` exponent, `inf`, `infinity` and `nan` in any case; `nan` has no
// sign. Underscores may stand between digits, and after a base prefix. It skips no spaces and asks
// no locale.
#pragma once

#include <expected>
#include <string_view>

namespace serin {

enum class RealFault {
  syntax,
  range,  // too large for a double; too small is zero and no fault
};

std::expected<double, RealFault> read_real(std::string_view text);

// Whether every underscore of a number is where one may be.
bool underscores_fit(std::string_view text);

}  // namespace serin
