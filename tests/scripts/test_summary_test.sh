#!/usr/bin/env bash
# What scripts/test-summary makes of each way in which tests end.
set -euo pipefail
summary=$1/scripts/test-summary
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# ran NAME STATUS: a program, as ctest reports it.
# tests NAME TESTS FAILURES: what the program's own file says.
begin() {
  rm -rf "$dir/run"
  mkdir "$dir/run"
  echo '<testsuite name="x">' >"$dir/run/ctest.xml"
}
ran() {
  printf '\t<testcase name="%s" classname="%s" time="0.1" status="%s">\n' "$1" "$1" "$2" \
    >>"$dir/run/ctest.xml"
}
tests() {
  printf '<testsuites tests="%s" failures="%s" disabled="0" errors="0" time="0">\n' "$2" "$3" \
    >"$dir/run/$1.xml"
}
skips() { echo '<testcase name="S" status="run" result="skipped" />' >>"$dir/run/$1.xml"; }
expect() { # LINE EXIT [DIR...]
  local line=$1 code=$2 said=0 output
  shift 2
  output=$("$summary" "${@:-$dir/run}" 2>/dev/null) || said=$?
  if [ "$output" != "$line" ] || [ "$said" != "$code" ]; then
    echo "expected '$line' and exit $code, got '$output' and exit $said"
    bad=1
  fi
}

begin # all is well: a GoogleTest program and another
ran a_test run && tests a_test 5 0
ran other run
expect "6 passed, 0 failed" 0

begin # a failed test
ran a_test fail && tests a_test 5 2
expect "3 passed, 2 failed" 1

begin # all its tests passed, and then it leaked
ran a_test fail && tests a_test 5 0
expect "5 passed, 1 failed" 1

begin # it crashed, or ran too long, before it wrote its file
ran a_test fail
ran b_test run && tests b_test 1 0
expect "1 passed, 1 failed" 1

begin # it was not built
ran a_test notrun
expect "0 passed, 1 failed" 1

begin # skipped ones are no passed ones
ran a_test run && tests a_test 3 0 && skips a_test
expect "2 passed, 0 failed, 1 skipped" 0

begin # nothing ran
expect "0 passed, 0 failed" 1

begin # ctest itself did not run
ran a_test run && tests a_test 3 0
expect "3 passed, 1 failed" 1 "$dir/run" "$dir/none"

exit "$bad"
