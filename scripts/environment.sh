#!/usr/bin/env bash
# Makes .venv what requirements.lock says: finds an interpreter, finds or installs uv, installs when the lock changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
# The stamp holds the lock's hash; it lies inside .venv so that it vanishes with it.
stamp="$venv/installed.sha256"

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

# Candidates, best first. Behind pyenv's shims a version may answer "command not found", so ask the versions themselves.
candidates() {
    local root
    root="${PYENV_ROOT:-$(pyenv root 2>/dev/null || true)}"
    if [[ -n "$root" ]]; then
        compgen -G "$root/versions/3.13.*/bin/python3" | sort -rV || true
        compgen -G "$root/versions/3.12.*/bin/python3" | sort -rV || true
    fi
    local name
    for name in python3.13 python3.12 python3; do
        type -aP "$name" | grep -v '/shims/' || true
    done
    echo /usr/bin/python3
}

find_python() {
    local candidate
    while read -r candidate; do
        if [[ -x "$candidate" ]] && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done < <(candidates)
    return 1
}

works() {
    "$1" --version >/dev/null 2>&1
}

find_uv() {
    local candidate
    while read -r candidate; do
        if [[ -n "$candidate" ]] && works "$candidate"; then
            echo "$candidate"
            return
        fi
    done < <(
        type -aP uv || true
        echo "$PWD/.tools/bin/uv"
        compgen -G "${PYENV_ROOT:-$HOME/.pyenv}/versions/*/bin/uv" || true
    )
    return 1
}

# Into a folder of the project: touches neither the system's Python nor the user's, so that Debian's
# "externally managed environment" does not object and no root is needed.
install_uv() {
    local python
    for python in python3 /usr/bin/python3 "$(find_python || true)"; do
        if [[ -n "$python" ]] && "$python" -m pip --version >/dev/null 2>&1; then
            echo "安装 uv · installing uv"
            PIP_ROOT_USER_ACTION=ignore "$python" -m pip install --quiet --disable-pip-version-check --target .tools --upgrade uv
            echo '*' >.tools/.gitignore
            return
        fi
    done
    echo "没有找到 pip，无法安装 uv。请先安装：apt-get install python3-pip" >&2
    echo "No pip found, so uv cannot be installed: apt-get install python3-pip, then try again." >&2
    exit 1
}

# uv does not read pip's settings: a mirror that the machine's pip uses is handed over.
use_mirror_of_pip() {
    local mirror
    if [[ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]]; then
        mirror="${PIP_INDEX_URL:-$(python3 -m pip config get global.index-url 2>/dev/null || true)}"
        [[ -z "$mirror" ]] || export UV_DEFAULT_INDEX="$mirror"
    fi
}

make_venv() {
    local python
    python="$(find_python || true)"
    if [[ -z "$python" ]]; then
        echo "本机没有 Python 3.12 或 3.13，尝试由 uv 下载 · no Python 3.12 or 3.13 here, uv tries to fetch one"
        python=3.13
    fi
    if ! "$uv" venv --quiet --clear --python "$python" "$venv"; then
        echo "没有可用的 Python。保学需要 Python 3.12 以上：Debian 13 或 Ubuntu 24.04 请安装 python3；" \
            "Debian 12 请用 pyenv 安装 3.13（pyenv install 3.13），或换用 Debian 13。" >&2
        echo "No usable Python: 3.12 or newer is needed. Debian 12 has only 3.11: install 3.13 with pyenv," \
            "or let this machine reach the downloads of uv, then try again." >&2
        exit 1
    fi
}

wanted="$(sha256sum requirements.lock | cut -d' ' -f1)"
if [[ -x "$venv/bin/python" ]] && is_new_enough "$venv/bin/python" && [[ "$(cat "$stamp" 2>/dev/null)" == "$wanted" ]]; then
    exit 0
fi

uv="$(find_uv || true)"
if [[ -z "$uv" ]]; then
    install_uv
    uv="$PWD/.tools/bin/uv"
fi
use_mirror_of_pip
if [[ ! -x "$venv/bin/python" ]] || ! is_new_enough "$venv/bin/python"; then
    make_venv
fi
echo "安装依赖 · installing dependencies"
"$uv" pip sync --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode requirements.lock
echo "$wanted" >"$stamp"
