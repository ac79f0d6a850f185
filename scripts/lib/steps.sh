# shellcheck shell=bash
# Steps with their times, what was left out, and the closing summary.

declare -a step_lines=() notes=()
current_step="start"
build_seconds=0
rm -rf target/nextest

# step NAME COMMAND…: runs the command and keeps its time. A failing command ends the script.
step() {
  local name=$1 began=$SECONDS
  shift
  current_step=$name
  printf '\n== %s\n' "$name"
  "$@"
  step_lines+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
  current_step=""
}

# The same for what only compiles: its time is not held against the budget of the tests.
build_step() {
  local began=$SECONDS
  step "$@"
  build_seconds=$((build_seconds + SECONDS - began))
}

# note TEXT: something that the reader of the summary has to know.
note() {
  notes+=("$1")
  printf 'note: %s\n' "$1"
}

# close STATUS: the last word, always printed.
close() {
  local status=$1
  printf '\n== summary\n'
  python3 scripts/lib/slowest.py target/nextest || true
  ((${#step_lines[@]} == 0)) || printf '%s\n' "${step_lines[@]}"
  printf '%5d s  in all, %d s of them building\n' "$SECONDS" "$build_seconds"
  ((${#notes[@]} == 0)) || printf 'note: %s\n' "${notes[@]}"
  if ((status == 0)); then
    echo "All is well."
  else
    echo "FAILED in: ${current_step:-an unnamed step} (exit $status)"
  fi
  exit "$status"
}
