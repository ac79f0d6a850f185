# shellcheck shell=bash
# The test suite, by cargo-nextest where it is installed and by cargo test where not.
#
# Four runs; .config/nextest.toml says which tests belong to each:
#   sqlite    all tests that are not marked as ignored
#   readers   ignored tests of modules named `readers`: they call the programs in the folder TEST_READERS
#   long      the other ignored tests
#   postgres  the integration tests again, on the database of TEST_DATABASE_URL

has_nextest() {
  cargo nextest --version >/dev/null 2>&1
}

build_suite() {
  if has_nextest; then
    cargo nextest run --no-run --cargo-quiet
  else
    cargo test --quiet --no-run
  fi
}

# run_suite RUN
run_suite() {
  if has_nextest; then
    run_with_nextest "$1"
  else
    run_with_cargo "$1"
  fi
}

run_with_nextest() {
  local run=$1
  local -a choice=()
  case $run in
    sqlite | postgres) ;;
    readers) choice=(--run-ignored only) ;;
    long) choice=(--run-ignored only --no-tests pass) ;;
  esac
  cargo nextest run --cargo-quiet --profile "$run" "${choice[@]}"
}

run_with_cargo() {
  case $1 in
    sqlite) cargo test --quiet --lib --bins --tests ;;
    postgres) cargo test --quiet --test it ;;
    readers) cargo test --quiet --test it readers:: -- --ignored ;;
    long) cargo test --quiet --lib --bins --tests -- --ignored --skip readers:: ;;
  esac
}
