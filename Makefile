# Trimtab's commands. Everything runs inside .venv, which the first command builds.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := controlplane probes canary_analysis slo runbooks dashboard reference_server
LOCKS := tests/systems/servers
LOCKED := --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade --no-strip-extras
SERVERS := $(basename $(notdir $(wildcard $(LOCKS)/*.in)))
UV := $(shell command -v uv || command -v $(BIN)/uv)
INSTALL = $(if $(UV),$(UV) pip install --python $(1),$(BIN)/pip --python $(1) install --disable-pip-version-check)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint up dashboard bench servers lock

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/ready ## run the whole story on this machine: a fleet, three rollouts, a page, a report
	$(BIN)/trimtab demo

test: lint ## run every check that CI runs
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered

test-all: lint ## the checks of `test` and the slow, deep runs
	$(BIN)/pytest -n 2 --dist loadfile -m "" --cov --cov-report=term:skip-covered

lint: .venv/ready ## format, lint, types, floors, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

up: .venv/ready ## start the control plane with ./trimtab.yaml
	$(BIN)/trimtab up

dashboard: .venv/ready ## open the dashboard on a running control plane
	$(BIN)/trimtab dashboard

bench: .venv/ready ## run the benchmarks; they print ratios and assert no times
	for bench in tests/bench/bench_*.py; do $(BIN)/python $$bench || exit 1; done

servers: $(SERVERS:%=.servers/%/ready) ## install the model servers that tests/systems watches, each by itself

lock: .venv/ready ## write requirements.lock anew from pyproject.toml
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra all --group dev --universal --python-version 3.11 \
		$(LOCKED) --output-file requirements.lock
	for server in $(SERVERS); do $(BIN)/uv pip compile $(LOCKS)/$$server.in --universal --python-version 3.11 \
		$(LOCKED) --output-file $(LOCKS)/$$server.lock || exit 1; done

# Installed with hashes, then the project itself in place. The mark is written last, so a broken install is redone.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trimtab needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv .venv
	@echo "Installing the locked requirements (once; a minute or two) ..."
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# Each server has its own idea of its dependencies, so each has a virtual environment. uv is faster, pip will do.
.servers/%/ready: $(LOCKS)/%.lock | .venv/ready
	@rm -rf .servers/$* && echo "Installing $* ..."
	$(BIN)/python -m venv --without-pip .servers/$*
	$(call INSTALL,.servers/$*/bin/python) --quiet --require-hashes --requirement $<
	@touch $@
