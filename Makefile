# The commands. On a machine with Python 3.11, make and package indexes each does all the set-up it needs.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --silent
UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --no-header

.PHONY: setup run test check bench drill audit lock help
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile

setup: $(VENV)/.run  ## what a run needs, without starting it

run: $(VENV)/.run  ## set everything up and start the whole service (PORT=8000 DATA=var)
	@exec $(BIN)/reflections run

test: $(VENV)/.test node_modules/.installed  ## everything, on SQLite and PostgreSQL, as CI runs it
	$(BIN)/python -m tests.support.debian
	$(BIN)/python -m pytest

check: $(VENV)/.test node_modules/.installed  ## format, lint, types, who imports whom, is the widget what its sources build
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run check

drill: $(VENV)/.test  ## the long fault drills, one after another
	$(BIN)/python -m pytest -m drill --numprocesses 0 --verbose

bench: $(VENV)/.test $(VENV)/.bench  ## the benchmark table, against nginx and peers
	$(BIN)/python -m bench

audit: $(VENV)/.audit  ## known holes in the locked packages
	$(VENV)/audit/bin/python .ci/audit.py requirements.txt requirements-test.txt

lock:  ## newest versions, with hashes
	$(UV_COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(UV_COMPILE) --upgrade --extra test --extra learn pyproject.toml -o requirements-test.txt

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Reflections needs Python 3.11 or newer: PYTHON=python3.12 make …")'
	$(PYTHON) -m venv $(VENV)

# Tools that make a .venv themselves leave pip out.
$(VENV)/.pip: | $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip
	@touch $@

$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/.pip
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --editable .
	@touch $@

# The tests' lock holds all of the other one.
$(VENV)/.test: requirements-test.txt pyproject.toml | $(VENV)/.pip
	$(PIP) install --require-hashes -r requirements-test.txt
	$(PIP) install --no-deps --editable .
	@touch $@ $(VENV)/.run

$(VENV)/.audit: | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip --quiet --disable-pip-version-check install pip-audit
	@touch $@

# The peers that the benchmark compares with, never beside what we ship.
$(VENV)/.bench: bench/requirements.txt | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/bench
	$(VENV)/bench/bin/python -m pip --quiet --disable-pip-version-check install -r bench/requirements.txt
	@touch $@

node_modules/.installed: package-lock.json package.json $(VENV)/.test
	$(NPM) ci
	@touch $@
