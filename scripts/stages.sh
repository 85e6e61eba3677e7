# Sourced by ./check and ./demo: long steps one after another, each with its time, its log under
# build/logs, and the end of that log where it fails.
#
#   stages_begin check
#   stage build "Build" cmake --build --preset asan
#
# shellcheck shell=bash

stages_begin() {
  stages_logs="$PWD/build/logs/$1"
  mkdir -p "$stages_logs"
  stages_name=$1
  stages_started=$SECONDS
  if [ -t 1 ] && [ -z "${CI:-}" ]; then stages_tty=1; else stages_tty=; fi
}

stage_time() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# The newest "[123/456]" of ninja's, or nothing.
stage_progress() {
  tail -c 2000 "$1" | tr '\r' '\n' | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 || true
}

# stage LOG TITLE COMMAND...: runs it with its output in the log. Ends the script where it fails,
# with the command's own exit code.
stage() {
  local log="$stages_logs/$1.log" title=$2 begun=$SECONDS shown=$SECONDS pid status=0
  shift 2
  : >"$log"
  if [ -n "$stages_tty" ]; then printf '%-28s …' "$title"; fi
  set -m # a process group of its own, so that an interrupt ends all of it
  "$@" >>"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  # shellcheck disable=SC2064  # this pid
  trap "kill -- -$pid 2>/dev/null || true; echo; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    if [ -n "$stages_tty" ]; then
      printf '\r%-28s %s %s ' "$title" "$(stage_time $((SECONDS - begun)))" \
        "$(stage_progress "$log")"
    elif [ $((SECONDS - shown)) -ge 60 ]; then
      shown=$SECONDS
      printf '%-28s %s %s\n' "$title …" "$(stage_time $((SECONDS - begun)))" \
        "$(stage_progress "$log")"
    fi
    sleep 0.2
  done
  wait "$pid" || status=$?
  trap - INT TERM
  if [ -n "$stages_tty" ]; then printf '\r\033[K'; fi
  if [ "$status" = 0 ]; then
    printf '%-28s %s\n' "$title" "$(stage_time $((SECONDS - begun)))"
    return 0
  fi
  printf '%-28s %s failed; the end of %s:\n' "$title" "$(stage_time $((SECONDS - begun)))" \
    "${log#"$PWD"/}"
  stage_failure "$log"
  exit "$status"
}

# From ninja's first FAILED on, else the last lines; at most 80.
stage_failure() {
  if grep -q '^FAILED' "$1"; then
    sed -n '/^FAILED/,$p' "$1" | head -n 80
  else
    tail -n 40 "$1"
  fi
}

stages_end() {
  printf '%s took %s\n' "$stages_name" "$(stage_time $((SECONDS - stages_started)))"
}
