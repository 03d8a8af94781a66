# Everything a person needs: make help lists it. The work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test lint bench docs clean
export PORT PYTEST_ARGS

help: ## 列出全部命令 · list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## 安装缺少的软件并启动（PORT=8000）· install what is missing and serve
	@scripts/run.sh

test: ## 全部检查与测试（PYTEST_ARGS=…）· all checks and tests, as continuous integration runs them
	@scripts/test.sh

lint: ## 只做静态检查 · static checks only
	@scripts/test.sh lint

bench: ## 性能对比 · figures beside their floors
	@scripts/environment.sh
	@.venv/bin/python -m benchmarks

docs: ## 重新生成手册截图 · take the manuals' screenshots again
	@scripts/system_packages.sh test
	@scripts/environment.sh
	@.venv/bin/python -m scripts.screenshots

clean: ## 删除环境与缓存，保留数据 · remove environment and caches, keep the data in var/
	rm -rf .venv .tools .ruff_cache .mypy_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
