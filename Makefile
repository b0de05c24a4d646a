# Each target sets itself up: .venv from Python 3.11 or newer and the lock files. A second call finds it done.
# `make PYTHON=python3.12 …` chooses the interpreter; `make test ARGS="-k spool"` hands words to pytest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help run demo test check bench docs lock clean

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# Of a hundred lines (with -q: of warnings about each package) none is of use but what went wrong, which is told whole.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-warn-script-location
PROMETHEUS_CHECKS := deploy/prometheus/check
# What is set up is named in the stamp: another place, another Python, other lock files are set up anew, and nothing is
# done again because a file was only touched or checked out.
READY := $(VENV)/ready-$(shell { pwd; "$(PYTHON)" -V || true; cat requirements.lock pyproject.toml; } 2>/dev/null | cksum | cut -d' ' -f1)
READY_DEV := $(READY)-dev-$(shell cksum <requirements-dev.lock | cut -d' ' -f1)

define PYTHON_IS_GOOD
if [ -z "$(PYTHON)" ]; then \
	echo 'Schooldrum needs Python 3.11 or newer, and found none.'; \
	echo 'On Debian 12 and Ubuntu 24.04:   sudo apt install python3 python3-venv'; exit 1; fi; \
found=$$("$(PYTHON)" -c 'import sys; print(sys.version_info >= (3, 11), "%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || found=; \
case "$$found" in \
'True '*) ;; \
'False '*) echo "Schooldrum needs Python 3.11 or newer; $(PYTHON) is Python $${found#False }."; exit 1 ;; \
*) if [ -n "$$(command -v "$(PYTHON)")" ]; then echo "$(PYTHON) is no Python that runs."; \
	else echo "There is no Python at $(PYTHON)."; fi; \
	echo 'Leave PYTHON=… out and one is looked for, or name one of 3.11 or newer:   make PYTHON=python3.12 …'; exit 1 ;; \
esac
endef

help:
	@echo 'make run     a collector and an agent on this machine: see it work'
	@echo 'make demo    a simulated area of 30 schools; break things in it from a second window'
	@echo 'make test    the whole test suite'
	@echo 'make check   style, types, import contracts, documents in step, Prometheus files'
	@echo 'make bench   measures, with Debian'"'"'s peers beside us where they are installed'
	@echo 'make docs    writes the documents that are derived from the code'
	@echo 'make lock    makes the lock files anew from pyproject.toml; ARGS=--upgrade takes the newest releases'
	@echo 'make clean   removes .venv and what tools left behind'

run: $(READY)
	@exec $(BIN)/schooldrum-collector try $(ARGS)

demo: $(READY)
	@exec $(BIN)/schooldrum-collector demo start $(ARGS)

test: $(READY_DEV)
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

# All of them, so that one call names everything that is behind.
check: $(READY_DEV)
	@failed=; step() { echo "$$*"; "$$@" || failed="$$failed, $$*"; }; \
	step $(BIN)/ruff check --quiet; \
	step $(BIN)/ruff format --check --quiet; \
	step $(BIN)/mypy --no-error-summary; \
	step $(BIN)/lint-imports --config pyproject.toml; \
	step $(BIN)/python -m pytest -q tests/in_step; \
	step $(PROMETHEUS_CHECKS); \
	if [ -n "$$failed" ]; then echo "Not in step: $${failed#, }"; exit 1; fi

bench: $(READY_DEV)
	@$(BIN)/python tests/bench/run.py $(if $(FULL),--full) $(ARGS)

$(READY):
	@$(PYTHON_IS_GOOD)
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		version=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "The package python3-venv (python$$version-venv) is missing: $(PYTHON) cannot make a virtual environment."; \
		echo 'On Debian 12 and Ubuntu 24.04:   sudo apt install python3-venv'; exit 1; }
	@echo "Setting up $(VENV) with $$("$(PYTHON)" -V) ($(PYTHON)). It takes about a minute, once."
	@release() { "$$1" -c 'import sys; print(sys.version_info[:2])' 2>/dev/null; }; \
	if [ "$$(release $(BIN)/python)" != "$$(release "$(PYTHON)")" ] || \
		! $(BIN)/python -m pip --version 2>/dev/null | grep -qF "from $(CURDIR)/$(VENV)/"; then \
		"$(PYTHON)" -m venv --clear $(VENV); fi
	@echo 'Installing the packages of requirements.lock.'
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-build-isolation --no-deps --editable .
	@rm -f $(VENV)/ready-*; touch $@

$(READY_DEV): $(READY)
	@echo 'Installing what tests and checks need (requirements-dev.lock). It takes about a minute, once.'
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

docs: $(READY_DEV)
	$(BIN)/python -m tests.in_step.derived

# One file for Linux and Windows and every Python from 3.11. The tool stands in an environment that is thrown away.
lock:
	@$(PYTHON_IS_GOOD)
	@tool=$$(mktemp -d); trap 'rm -rf "$$tool"' EXIT; \
	"$(PYTHON)" -m venv "$$tool"; "$$tool/bin/pip" install --quiet --disable-pip-version-check 'uv>=0.9,<1'; \
	compile() { "$$tool/bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command 'make lock' --extra agent --extra collector "$$@" pyproject.toml; }; \
	compile --group build $(ARGS) --output-file requirements.lock; \
	compile --extra network --group dev --constraint requirements.lock $(ARGS) --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find agent collector tests -name __pycache__ -type d -prune -exec rm -rf {} +
