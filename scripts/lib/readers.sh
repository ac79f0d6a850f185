# shellcheck shell=bash
# A virtual environment with programs that we did not write and that read what we write.

# make_readers: .venv as tests/python/requirements.txt pins it, made again only when that file or Python changes.
make_readers() {
  local requirements=tests/python/requirements.txt wanted
  wanted=$(python3 --version; sha256sum "$requirements")
  if [[ ! -x .venv/bin/frictionless || $(cat .venv/made-from 2>/dev/null) != "$wanted" ]]; then
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: --requirement "$requirements"
    printf '%s' "$wanted" >.venv/made-from
  fi
  export TEST_READERS="$PWD/.venv/bin"
  .venv/bin/frictionless --version
}
