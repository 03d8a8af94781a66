#!/usr/bin/env bash
# Runs a command with DATABASE_URL naming a PostgreSQL of its own: in a temporary folder, on a free port, gone afterwards.
# Example: scripts/with_postgres.sh .venv/bin/python -m pytest tests/students
set -euo pipefail

find_binaries() {
    local initdb
    initdb="$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 || true)"
    [[ -n "$initdb" ]] || initdb="$(command -v initdb || true)"
    [[ -n "$initdb" ]] && dirname "$(readlink -f "$initdb")"
}

if ! binaries="$(find_binaries)"; then
    echo "没有找到 PostgreSQL 的程序，请先运行 scripts/system_packages.sh test · no PostgreSQL here" >&2
    exit 1
fi

# Not TMPDIR: the server's user must be able to reach it, and a socket's path must be short.
folder="$(mktemp -d /tmp/baoxue-pg.XXXXXX)"
# PostgreSQL refuses to run as root.
as_server=()
if ((EUID == 0)); then
    chown postgres "$folder"
    # setpriv runs the program in its own place, so that the pid we know is the server's.
    as_server=(setpriv --reuid=postgres --regid=postgres --init-groups --)
fi

server=
command_pid=
stop() {
    trap - EXIT INT TERM HUP
    [[ -z "$command_pid" ]] || kill -TERM "$command_pid" 2>/dev/null || true
    if [[ -n "$server" ]]; then
        # SIGQUIT: an immediate stop; nothing in there is worth a checkpoint.
        kill -QUIT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM HUP

cd "$folder"
"${as_server[@]}" env LC_ALL=C.UTF-8 "$binaries/initdb" --pgdata "$folder/data" --username baoxue --auth trust \
    --encoding UTF8 --locale C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    exit 1
}
cd "$OLDPWD"

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# A port can be taken between the look and the start: three attempts.
for _ in 1 2 3; do
    port="$(free_port)"
    # No fsync: the data dies with the run.
    "${as_server[@]}" "$binaries/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100 \
        -c shared_buffers=128MB -c log_min_messages=fatal >"$folder/server.log" 2>&1 &
    server=$!
    for _ in $(seq 150); do
        if "$binaries/pg_isready" -q -h 127.0.0.1 -p "$port" -U baoxue; then
            break 2
        fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
done
if [[ -z "$server" ]]; then
    echo "PostgreSQL 没有启动 · did not start:" >&2
    cat "$folder/server.log" >&2
    exit 1
fi

export DATABASE_URL="postgres://baoxue@127.0.0.1:$port/postgres"
# In the background, so that a signal is answered at once and not after the command.
"$@" <&0 &
command_pid=$!
result=0
wait "$command_pid" || result=$?
command_pid=
exit "$result"
