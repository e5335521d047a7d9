# Starts a PostgreSQL cluster, and ends and removes it once nobody has needed it for a minute.
# $1: the folder with the locks, $2: the folder with PostgreSQL's programs.
set -eu
umask 077
state=$1
programs=$2
idle_seconds_max=60

exec 9>>"$state/supervisor.lock"
flock -n 9 || exit 0

# Memory is ten times faster than a disk for making databases; a container's default 64 MB of it is too little.
free_kb=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ "${free_kb:-0}" -gt 1048576 ] && [ -w /dev/shm ]; then parent=/dev/shm; else parent=${TMPDIR:-/tmp}; fi

# What a supervisor that was killed left behind.
if old=$(cat "$state/cluster" 2>/dev/null); then
    if pid=$(head -n 1 "$old/data/postmaster.pid" 2>/dev/null); then
        kill -QUIT "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    fi
    case $old in */usher-pg.*) rm -rf "$old" ;; esac
    rm -f "$state/cluster"
fi

cluster=$(mktemp -d "$parent/usher-pg.XXXXXX")
server=
finish() {
    trap - EXIT INT TERM HUP
    if [ -n "$server" ]; then
        kill -QUIT "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$cluster" "$state/cluster"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    chown postgres: "$cluster"
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
else
    as=
fi

cd "$cluster"
$as "$programs/initdb" -D "$cluster/data" -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8 --no-instructions 9>&-
cat >>"$cluster/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$cluster'
unix_socket_permissions = 0700
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
wal_level = minimal
max_wal_senders = 0
log_checkpoints = off
CONF
$as "$programs/postgres" -D "$cluster/data" 9>&- &
server=$!
until [ -S "$cluster/.s.PGSQL.5432" ]; do
    kill -0 "$server"
    sleep 0.05
done
printf '%s\n' "$cluster" >"$state/cluster"

# The start lock is held while anybody takes a lease, so an unlocked lease under it is an unused cluster.
idle=0
while kill -0 "$server" 2>/dev/null; do
    sleep 2 9>&-
    exec 8>>"$state/start.lock"
    if flock -n 8 && flock -n "$state/lease" true; then
        idle=$((idle + 2))
        # Leaves with the start lock held: whoever asks now waits, and then starts a fresh cluster.
        if [ "$idle" -ge "$idle_seconds_max" ]; then exit 0; fi
    else
        idle=0
    fi
    exec 8>&-
done
