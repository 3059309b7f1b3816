# For the checks that start servers of their own, with or without PostgreSQL; sourced by them. Everything lives in $temp and ends with it.

temp=$(mktemp -d)
chmod 711 "$temp"
started=()
stop_all() {
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
  if [[ -d $temp/postgres ]]; then
    local data
    for data in "$temp"/postgres/*/; do
      [[ ! -f $data/postmaster.pid ]] || as_postgres "$programs/pg_ctl" --pgdata "$data" --mode immediate stop >/dev/null || true
    done
  fi
  rm -rf "$temp"
}
trap stop_all EXIT

fail() {
  echo "FAIL  $*" >&2
  exit 1
}
say() { echo "ok    $*"; }

# need PACKAGE FILE…: one of the files is there, or is installed.
need() {
  local package=$1 file
  shift
  for file in $(compgen -G "$1" || command -v "$1" || true); do return; done
  if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "$package is needed: apt-get install $package" >&2
    exit 1
  fi
  (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$package") >"$temp/apt" 2>&1 ||
    { cat "$temp/apt" >&2; exit 1; }
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PostgreSQL does not run as root.
as_postgres() {
  if [[ $EUID -eq 0 ]]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# Makes a cluster of PostgreSQL on a free port: $database is its URL, $data its directory. Options are settings.
start_postgres() {
  need postgresql '/usr/lib/postgresql/*/bin/initdb'
  programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)
  mkdir "$temp/postgres"
  [[ $EUID -ne 0 ]] || chown postgres "$temp/postgres"
  data=$temp/postgres/first
  as_postgres "$programs/initdb" --pgdata "$data" --username timetracks --auth trust --encoding UTF8 --locale C >"$temp/initdb"
  postgres_port=$(free_port)
  run_postgres "$data" "$postgres_port" "$@"
  database=postgres://timetracks@127.0.0.1:$postgres_port/postgres
}

# run_postgres DIRECTORY PORT [SETTING=VALUE…]
run_postgres() {
  local directory=$1 port=$2 setting options
  shift 2
  options="-c port=$port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=on -c synchronous_commit=on"
  for setting in "$@"; do options+=" -c '$setting'"; done
  as_postgres "$programs/pg_ctl" --pgdata "$directory" --log "$directory.log" --wait --options "$options" start >/dev/null ||
    { cat "$directory.log" >&2; fail "PostgreSQL did not start"; }
}

sql() { "$programs/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database" "$@"; }

# Settings of this shell are not the server's.
unset "${!TIMETRACKS_@}"

# start_server NAME PORT [OPTION…]: $server is its process.
start_server() {
  local name=$1 port=$2 tries
  shift 2
  TIMETRACKS_LOG=${TIMETRACKS_LOG_LEVEL:-info} TIMETRACKS_RATE_LIMIT=off "$binary" serve --listen "127.0.0.1:$port" --data-dir "$temp/$name" "$@" >>"$temp/$name.out" 2>>"$temp/$name.log" &
  server=$!
  started+=("$server")
  for ((tries = 0; tries < 300; tries++)); do
    curl --fail --silent --output /dev/null "http://127.0.0.1:$port/health/ready" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -5 "$temp/$name.log" >&2
  fail "server $name did not start"
}

# field NAME: a text member out of an answer.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

PASSWORD="correct horse battery staple"
# sign_up URL EMAIL: makes an organisation, and shows an access token of its admin.
sign_up() {
  curl -fsS -o /dev/null -H 'Content-Type: application/json' "$1/account/signup" \
    -d "{\"email\":\"$2\",\"password\":\"$PASSWORD\",\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"orgName\":\"$2\"}"
  curl -fsS -H 'Content-Type: application/json' "$1/account/login" -d "{\"email\":\"$2\",\"password\":\"$PASSWORD\"}" | field accessToken
}
