# Does what it is told, line by line, and answers each line with what it printed, indented by a space, and then its
# status. At the end of its input, which comes in whatever way the test process ends, it ends PostgreSQL and removes
# everything. Arguments: where the programs are, where the directory is to be made, and where rather, if there is room.
trap '' HUP INT TERM PIPE
PATH=$1:$PATH

# Whether there are two gigabytes.
has_room() { [ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -gt 2097152 ]; }

make_home() { mktemp -d "$1/timetracks-postgres-XXXXXX"; }

home=$({ [ $# -eq 3 ] && has_room "$3" && make_home "$3"; } 2>/dev/null ||
  make_home "$2" 2>/dev/null || make_home /tmp 2>&1)
data=$home/data

initialise() {
  initdb --pgdata "$data" --username postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
}

# Copies another cluster, to follow it. Arguments: the other's port, and the name to follow it under.
follow() {
  pg_basebackup --pgdata "$data" --dbname "host=127.0.0.1 port=$1 user=postgres application_name=$2" \
    --write-recovery-conf --wal-method=stream --checkpoint=fast --no-sync
}

# Adds lines to the settings.
configure() { printf '%s\n' "$@" >>"$data/postgresql.conf"; }

# pg_ctl waits until connections are accepted.
start() {
  pg_ctl --pgdata "$data" --log "$home/log" --wait --timeout 60 start || {
    tail -n 20 "$home/log"
    return 1
  }
}

stop() { pg_ctl --pgdata "$data" --mode "$1" --wait --timeout 60 stop; }

promote() { pg_ctl --pgdata "$data" --wait --timeout 60 promote; }

# Every process of this cluster works in its data directory, whoever its parent is. A zombie works nowhere.
processes() {
  for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef "$data" ]; then echo "${process#/proc/}"; fi
  done
}

# The first process goes first, so that it starts no others.
crash() {
  [ -f "$data/postmaster.pid" ] || return 0
  if ! [ -d /proc/self/cwd ]; then
    stop immediate
    return
  fi
  first=$(sed -n 1p "$data/postmaster.pid")
  if [ "/proc/$first/cwd" -ef "$data" ]; then kill -KILL "$first"; fi
  while list=$(processes) && [ -n "$list" ]; do kill -KILL $list; done
  # What the processes would have given back: a segment of shared memory, and the file that says they run.
  ipcrm -m "$(sed -n 7p "$data/postmaster.pid" | awk '{ print $2 }')"
  rm -f "$data/postmaster.pid"
}

freeze() {
  halt "$(sed -n 1p "$data/postmaster.pid")"
  for process in $(processes); do halt "$process"; done
}

# Stops a process and waits until it stands still, or is gone.
halt() {
  kill -STOP "$1" || return 0
  until ! read -r _ _ state _ <"/proc/$1/stat" || [ "$state" = T ] || [ "$state" = Z ]; do :; done
}

thaw() { kill -CONT $(processes); }

echo "$home"
[ -d "$home" ] || exit 1
while read -r line; do
  eval "$line" >"$home/said" 2>&1 </dev/null
  status=$?
  sed 's/^/ /' "$home/said"
  echo "$status"
done
exec >/dev/null
attempts=0
until { crash && rm -rf "$home"; } || [ $((attempts += 1)) -eq 100 ]; do :; done
