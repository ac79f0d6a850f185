# shellcheck shell=bash
# A PostgreSQL cluster for one run of the tests, removed afterwards, whatever happens.
#
# Its owner is an account without rights (never root, never the owner of the machine's real clusters). Texts sort by the
# Swedish rules of ICU and its clock stands in Nepal's zone, so that an order or a day that leans on the server's settings
# shows as a failing test. Writes are not flushed to disk: tests kill our processes, not the machine, and a page that the
# kernel holds survives the death of a process.

postgres_home=""

# The folder of the newest server programs; empty where there are none.
postgres_programs() {
  local folder newest=""
  while IFS= read -r folder; do
    if [[ -x $folder/initdb && -x $folder/pg_ctl ]]; then newest=$folder; fi
  done < <(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort --version-sort)
  if [[ -z $newest ]] && command -v initdb >/dev/null && command -v pg_ctl >/dev/null; then
    newest=$(dirname "$(readlink -f "$(command -v initdb)")")
  fi
  printf '%s' "$newest"
}

# Runs a command as the cluster's owner, in the cluster's folder.
as_cluster_owner() {
  (
    cd "$postgres_home" || exit
    if ((EUID == 0)); then
      runuser -u nobody -- "$@"
    else
      "$@"
    fi
  )
}

start_postgres() {
  local programs port
  programs=$(postgres_programs)
  postgres_home=$(mktemp -d "${TMPDIR:-/tmp}/equipoise-test-postgres.XXXXXX")
  if ((EUID == 0)); then chown nobody "$postgres_home"; fi

  as_cluster_owner "$programs/initdb" --pgdata="$postgres_home/data" --username=equipoise --auth=trust \
    --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=sv --no-sync >/dev/null

  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >>"$postgres_home/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$postgres_home'
max_connections = 200
timezone = 'Asia/Kathmandu'
fsync = off
full_page_writes = off
END
  as_cluster_owner "$programs/pg_ctl" start --pgdata="$postgres_home/data" --log="$postgres_home/log" --wait --silent ||
    { cat "$postgres_home/log" >&2; return 1; }

  export TEST_DATABASE_URL="postgres://equipoise@127.0.0.1:$port/postgres"
  # In the C locale 'a' comes after 'B'; here it must not.
  [[ $("$programs/psql" --no-psqlrc --tuples-only --no-align --command "select 'a' < 'B'" "$TEST_DATABASE_URL") == t ]] ||
    fail "the throwaway cluster sorts as the C locale does: it would hide faults of order"
}

# Makes a database on the throwaway cluster and prints where it is.
empty_database() {
  "$(postgres_programs)/psql" --no-psqlrc --quiet --command "create database $1" "$TEST_DATABASE_URL" >&2
  printf '%s/%s\n' "${TEST_DATABASE_URL%/*}" "$1"
}

stop_postgres() {
  [[ -n $postgres_home ]] || return 0
  local home=$postgres_home
  if [[ -f $home/data/postmaster.pid ]]; then
    as_cluster_owner "$(postgres_programs)/pg_ctl" stop --pgdata="$home/data" --mode=immediate --silent || true
  fi
  postgres_home=""
  unset TEST_DATABASE_URL
  rm -rf "$home"
}
