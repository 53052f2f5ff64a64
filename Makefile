# Two commands do everything: `make demo` and `make test`. Both need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHARED ?= ../shared
SOAK   ?= 1
# where Sekisho stands on the machine that runs it, and where the files for that machine are put
CODE    ?= /opt/sekisho
DESTDIR ?=

.DEFAULT_GOAL := help
.PHONY: help demo test soak lint types check fuzz bench exam install-systemd lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

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

soak: $(BIN)/sekisho ## every test of durability in its long form, and its figures: about two hours (SOAK=0.1: a tenth of it)
	SEKISHO_SOAK=$(SOAK) $(BIN)/python -m pytest -q -rs tests/gateway/test_crash.py tests/gateway/test_audit_attacks.py \
		tests/gateway/test_requests_model.py tests/boundary/test_hostile_client.py tests/soak

lint: $(BIN)/sekisho ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(BIN)/sekisho ## mypy --strict
	$(BIN)/mypy

check: lint types test ## all of these

fuzz: $(BIN)/sekisho ## ten minutes of fuzzing for each target; finds are kept in tests/corpus/found
	$(BIN)/python -m tests.fuzz

bench: $(BIN)/sekisho ## benchmarks, each beside its floor; see benchmarks/README.md
	$(BIN)/python -m benchmarks

exam: $(BIN)/sekisho ## the outside examiner over its corpus (SHARED=folder that holds exam/ and corpus/)
	SHARED=$(SHARED) ./.ci/exam

install-systemd: ## put units, users and example configurations below DESTDIR; starts nothing, keeps what was configured
	install -d $(DESTDIR)/etc/sekisho \
		$(DESTDIR)/usr/lib/systemd/system $(DESTDIR)/usr/lib/sysusers.d $(DESTDIR)/usr/lib/tmpfiles.d
	for unit in systemd/*.service systemd/*.socket systemd/*.slice; do \
		sed 's#/opt/sekisho#$(CODE)#g' $$unit > $(DESTDIR)/usr/lib/systemd/system/$${unit##*/} || exit 1; \
		chmod 0644 $(DESTDIR)/usr/lib/systemd/system/$${unit##*/}; done
	install -m 0644 systemd/sekisho.sysusers $(DESTDIR)/usr/lib/sysusers.d/sekisho.conf
	install -m 0644 systemd/sekisho.tmpfiles $(DESTDIR)/usr/lib/tmpfiles.d/sekisho.conf
	for file in gateway.toml receiver.toml; do \
		test -e $(DESTDIR)/etc/sekisho/$$file || install -m 0640 systemd/$$file $(DESTDIR)/etc/sekisho/$$file || exit 1; done

lock: ## pin the dependencies anew, with hashes
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet pip-tools
	for set in requirements requirements-dev; do $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras \
		--allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o $$set.lock $$set.in; done

clean: ## remove what was made
	rm -rf $(VENV) .venv-exam build *.egg-info .pytest_cache .mypy_cache .ruff_cache sekisho-demo
