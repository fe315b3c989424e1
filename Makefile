# Two commands for everybody: `make run` plays the study, `make test` proves it. Each installs what it needs.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint docs

run: .venv/installed
	$(BIN)/python app.py

test: lint
	$(BIN)/python -m pytest

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/installed-dev
	$(BIN)/python docs/architecture.py

.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, e.g. make run PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt
	sh tests/browser/install-chromium.sh
	sh tests/storage/install-postgresql.sh
	touch $@
