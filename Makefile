# Two commands are enough to start: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; exit; }; done; echo python3)
VENV := .venv
PY := $(VENV)/bin/python
CODE := oversight agreements training staffing itinstall recommendations tools
# Arguments for pytest: make test ARGS="tests/house -x"
ARGS ?=
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint format bench lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## Python environment in .venv, front-end packages in node_modules; nothing when up to date
	@$(PYTHON) -c '' 2>/dev/null || { echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) tools/setup.py

setup-dev: ## setup, and what tests and checks need
	@$(PYTHON) -c '' 2>/dev/null || { echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) tools/setup.py --dev

run: setup ## The whole product at http://localhost:8000, with sample data when the database is empty
	@DEBUG=$${DEBUG:-1} exec $(PY) manage.py serve --migrate --sample

test: setup-dev ## All tests, also those in a browser (Chromium)
	@$(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: setup-dev ## ruff, mypy, import contracts, djlint, bandit
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy $(CODE)
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/djlint templates --lint --quiet
	@$(VENV)/bin/bandit --quiet --severity-level medium --configfile pyproject.toml --recursive $(CODE)

format: setup-dev ## Write code in the agreed form
	@$(VENV)/bin/ruff check --fix --quiet .
	@$(VENV)/bin/ruff format --quiet .

bench: setup-dev ## Measure what is promised about speed and memory
	@$(PY) -m benchmarks

lock: setup-dev ## Pin again what requirements*.in and package.json ask for (needs uv and npm)
	@$(PYTHON) tools/lock.py

clean: ## Remove what set-up, tests and checks made; data in var/ stays
	@rm -rf $(VENV) node_modules static/vendor static/vendor.new staticfiles \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find $(CODE) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
