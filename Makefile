# The commands. On a fresh machine each of them does all the set-up it needs.
PYTHON ?= python3
VENV := .venv
.PHONY: test check lock

$(VENV)/.test: requirements-test.txt pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-test.txt
	$(VENV)/bin/python -m pip install --quiet --no-deps -e .
	touch $@

test: $(VENV)/.test  ## everything, as CI runs it
	$(VENV)/bin/python -m pytest

check: $(VENV)/.test  ## format, lint, types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

lock:  ## newest versions that pass, with hashes
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-annotate --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --no-annotate --no-header --extra test pyproject.toml -o requirements-test.txt
