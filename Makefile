# Two commands do everything: `make demo` and `make test`. Both need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHARED ?= ../shared

.DEFAULT_GOAL := help
.PHONY: help demo test lint types check bench exam lock clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(BIN)/sekisho: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sekisho needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(BIN)/sekisho ## set up, send sample files through gateway, workers and receiver, print what became of each
	$(BIN)/sekisho demo

test: $(BIN)/sekisho ## set up and run all tests
	$(BIN)/python -m pytest

lint: $(BIN)/sekisho ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/sekisho ## mypy --strict
	$(BIN)/mypy

check: lint types test ## all of these

bench: $(BIN)/sekisho ## benchmarks, each beside its floor; see benchmarks/README.md
	$(BIN)/python -m benchmarks

exam: $(BIN)/sekisho ## the outside examiner over its corpus (SHARED=folder that holds exam/ and corpus/)
	SHARED=$(SHARED) ./.ci/exam

lock: ## pin the dependencies anew, with hashes
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet pip-tools
	for set in requirements requirements-dev; do $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras \
		--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o $$set.lock $$set.in; done

clean: ## remove what was made
	rm -rf $(VENV) .venv-exam build *.egg-info .pytest_cache .mypy_cache .ruff_cache sekisho-demo
