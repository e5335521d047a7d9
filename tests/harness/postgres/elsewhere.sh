# Runs a PostgreSQL server until it is ended.
# $1: a folder with server.crt and server.key, $2: the folder with PostgreSQL's programs, $3: the port,
# $4: whether it speaks TLS: on or off.
set -eu
umask 077

chmod 600 "$1/server.key"
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    chown -R postgres: "$1"
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
else
    as=
fi

cd "$1"
$as "$2/initdb" -D "$1/data" -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8 --no-instructions
cat >>"$1/data/postgresql.conf" <<CONF
listen_addresses = '0.0.0.0'
port = $3
unix_socket_directories = ''
ssl = $4
ssl_cert_file = '$1/server.crt'
ssl_key_file = '$1/server.key'
fsync = off
autovacuum = off
CONF
exec $as "$2/postgres" -D "$1/data"
