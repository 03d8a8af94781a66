#!/usr/bin/env bash
# Installs the system packages that are missing: "run" for the application, "test" for the suite as well.
# Used by make run, make test, continuous integration and docs/operations.md.
set -euo pipefail

purpose="${1:-run}"
# Pango and HarfBuzz draw the PDF forms (without libharfbuzz-subset a form takes ten times as long),
# Noto has the rare characters of names, poppler looks at PDF files.
packages=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk poppler-utils)

has_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

has_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb
}

missing=()
for package in "${packages[@]}"; do
    if command -v dpkg-query >/dev/null &&
        [[ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" != "install ok installed" ]]; then
        missing+=("$package")
    fi
done
if [[ "$purpose" == test ]]; then
    has_postgresql >/dev/null || missing+=(postgresql)
    has_browser >/dev/null || missing+=(chromium)
fi
if ((${#missing[@]} == 0)) && command -v dpkg-query >/dev/null; then
    exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "本机没有 apt-get，请自行安装下列软件后重试（PDF 表格需要它们）：${packages[*]}" >&2
    echo "No apt-get here: install the counterparts of these packages yourself, then try again." >&2
    # Without a package manager that we know, nothing can be said about what is there: go on.
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
        echo "缺少系统软件包：${missing[*]}。请以 root 执行：apt-get install ${missing[*]}" >&2
        echo "System packages are missing and there is no sudo: install them as root, then try again." >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "安装系统软件包 · installing system packages: ${missing[*]}"
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}
apt update -qq
if [[ " ${missing[*]} " == *" chromium "* ]] && ! apt-cache show chromium >/dev/null 2>&1; then
    # Ubuntu has Chromium under another name, as a snap.
    missing=("${missing[@]/#chromium/chromium-browser}")
fi
apt install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
