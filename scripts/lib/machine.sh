# shellcheck shell=bash
# What the machine must have, by the names of Debian's packages.

# prepare_machine SCOPE: installs what is missing, or says what to install.
prepare_machine() {
  local scope=$1
  local -a missing=()
  require cargo "the Rust toolchain named in Cargo.toml (rust-version)"
  require python3 "python3, 3.11 or newer"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "python3 is older than 3.11"

  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  if [[ $scope != quick ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    [[ -n $(postgres_programs) ]] || missing+=(postgresql)
  fi
  if [[ $scope == full ]]; then
    command -v shellcheck >/dev/null || missing+=(shellcheck)
  fi

  if ((${#missing[@]} > 0)); then
    ((EUID == 0)) || fail "missing here: ${missing[*]}; install them, or run this as root"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
  if [[ $scope != quick && -z $(postgres_programs) ]]; then
    fail "no PostgreSQL server programs (initdb, pg_ctl) even after installing the package postgresql"
  fi
  cargo --version
  python3 --version
  if has_nextest; then
    cargo nextest --version | head -n 1
  else
    note "cargo-nextest is not installed: cargo test runs the suite, and no test's time is known"
  fi
}

require() {
  command -v "$1" >/dev/null || fail "$1 is not on the PATH: install $2"
}

fail() {
  printf 'error: %s\n' "$1" >&2
  return 1
}
