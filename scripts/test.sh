#!/usr/bin/env bash
# make test (all stages) and make lint (only the ones that run nothing). Stops at the first failure.
# PYTEST_ARGS is handed to every pytest: make test PYTEST_ARGS="-k movement".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose="${1:-all}"
python=.venv/bin/python
export DJANGO_SETTINGS_MODULE=config.settings.test
unset DATABASE_URL BAOXUE_VAR
begun=$SECONDS
stages=0
current="环境 · environment"

scratch=
finish() {
    local result=$?
    [[ -z "$scratch" ]] || rm -rf "$scratch"
    if ((result != 0)); then
        printf '\n未通过 · FAILED: %s（%d 项已通过 · stages passed before it, %d s）\n' "$current" "$stages" $((SECONDS - begun)) >&2
    fi
}
trap finish EXIT

stage() {
    current="$1"
    shift
    local start=$SECONDS
    printf '\n=== %s\n' "$current"
    "$@"
    stages=$((stages + 1))
    printf -- '--- %s: %d s\n' "$current" $((SECONDS - start))
}

check_deploy() {
    # Throw-away values: the check looks at settings, not at secrets.
    local hex
    hex="$(printf 'ab%.0s' {1..32})"
    env DJANGO_SETTINGS_MODULE=config.settings.production \
        BAOXUE_SECRET_KEY="$("$python" -c 'import secrets; print(secrets.token_urlsafe(64))')" \
        BAOXUE_FIELD_KEYS="1:$hex" BAOXUE_INDEX_KEY="$hex" BAOXUE_HOSTS=baoxue.example.gov.cn \
        DATABASE_URL="sqlite:///$scratch/deploy.sqlite3" BAOXUE_VAR="$scratch" \
        "$python" manage.py check --deploy --fail-level WARNING
}

if [[ "$purpose" == all ]]; then
    scripts/system_packages.sh test
fi
scripts/environment.sh

scratch="$(mktemp -d)"
stage "锁定的依赖 · lock file" "$python" scripts/check_lock.py
stage "代码规范 · ruff check" "$python" -m ruff check .
stage "代码格式 · ruff format" "$python" -m ruff format --check .
stage "类型 · mypy" "$python" -m mypy
stage "导入方向 · import contracts" .venv/bin/lint-imports --no-logo
stage "迁移文件 · migrations" "$python" manage.py makemigrations --check --dry-run
stage "生产设置 · check --deploy" check_deploy
if [[ "$purpose" == all ]]; then
    stage "测试 · SQLite" scripts/pytest.sh -m "not browser and not postgres"
    stage "测试 · PostgreSQL" scripts/with_postgres.sh scripts/pytest.sh -m "not browser"
    stage "浏览器 · journeys on SQLite" scripts/pytest.sh -m browser
    stage "浏览器 · journeys on PostgreSQL" scripts/with_postgres.sh scripts/pytest.sh -m browser
fi

printf '\n全部通过 · all %d stages passed in %d s\n' "$stages" $((SECONDS - begun))
