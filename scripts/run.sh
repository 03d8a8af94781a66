#!/usr/bin/env bash
# make run: installs what is missing, prepares the database and serves on this machine only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

port="${PORT:-8000}"
python=.venv/bin/python
export DJANGO_SETTINGS_MODULE=config.settings.development
var="${BAOXUE_VAR:-var}"

is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

answers() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port"
        printf 'HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
        read -r -t 60 line <&3
        [[ "$line" == HTTP/* ]]
    ) 2>/dev/null
}

if ! [[ "$port" =~ ^[0-9]+$ ]] || ((port < 1 || port > 65535)); then
    echo "PORT=$port 不是端口号 · not a port number" >&2
    exit 1
fi
if is_taken; then
    echo "端口 $port 已被占用（也许保学已经在运行）。换一个端口：make run PORT=$((port + 1))" >&2
    echo "Port $port is in use, perhaps by an earlier make run. Choose another: make run PORT=$((port + 1))" >&2
    exit 1
fi

scripts/system_packages.sh run
scripts/environment.sh

# Keys, database and uploads are nobody else's to read.
umask 077
mkdir -p "$var"
"$python" manage.py migrate --verbosity 0
"$python" manage.py load_demo_county --if-empty
manifest="$var/static/staticfiles.json"
if [[ ! -e "$manifest" || -n "$(find static .venv/installed.sha256 -newer "$manifest" -print -quit)" ]]; then
    "$python" manage.py collectstatic --noinput --verbosity 0
    touch "$manifest"
fi

# No --preload: a connection to the database opened while loading must not be shared by the workers.
"$python" -m gunicorn config.wsgi --bind "127.0.0.1:$port" --workers "${WEB_CONCURRENCY:-2}" \
    --no-control-socket --timeout 120 --log-level warning &
server=$!
stopping=
stop() {
    stopping=yes
    kill -TERM "$server" 2>/dev/null || true
}
trap stop INT TERM EXIT

until answers; do
    if ! kill -0 "$server" 2>/dev/null; then
        echo "服务没有启动，原因见上 · the server did not start, see above" >&2
        exit 1
    fi
    sleep 0.1
done

"$python" manage.py demo_accounts
echo
echo "保学已启动 · Baoxue is running: http://127.0.0.1:$port/"
echo "按 Ctrl+C 停止 · press Ctrl+C to stop"
result=0
wait "$server" || result=$?
if [[ -n "$stopping" ]]; then
    # The signal ended the wait above; requests under way are still being answered.
    wait "$server" 2>/dev/null || true
    exit 0
fi
exit "$result"
