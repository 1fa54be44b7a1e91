# make run   – the example site, from nothing to running, on Python >= 3.11 and make alone
# make test  – every test on SQLite and PostgreSQL, and every check
# make bench – figures

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin

# The first interpreter that works and is new enough. Set PYTHON=… to choose another.
PYTHON ?= $(shell for c in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$c" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$c"; break; }; done)

.PHONY: run test bench lint oscar clean

run: $(VENV)/.run-ready
	@$(BIN)/python -m example_site.run

test: $(VENV)/.dev-ready
	@$(BIN)/python -m tests.run

lint: $(VENV)/.dev-ready
	@$(BIN)/python -m tests.run --checks-only

bench: $(VENV)/.dev-ready
	@SUITES="$(SUITES)" SCALE="$(SCALE)" DATABASES="$(or $(DATABASES),sqlite postgres)" $(BIN)/python -m tests.bench

# The adapter of django-oscar, tried with a real one in an environment of its own.
oscar: $(VENV)/.dev-ready .venv-oscar/.ready
	@$(BIN)/python -m pytest -q tests/oscar

.venv-oscar/.ready: pyproject.toml
	@echo "Installing django-oscar and the package in .venv-oscar …"
	@$(PYTHON) -m venv .venv-oscar
	@.venv-oscar/bin/python -m pip install -qq -e . "django-oscar>=4.1" "Django>=5.2,<5.3" "wagtail>=7.4,<8"
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found."; exit 1; }
	@echo "Making a virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module does not work. On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install -qq --upgrade pip

$(VENV)/.run-ready: pyproject.toml $(BIN)/python
	@echo "Installing the package and what the example site needs …"
	@$(BIN)/python -m pip install -qq -e ".[example]"
	@touch $@

$(VENV)/.dev-ready: pyproject.toml $(BIN)/python
	@echo "Installing the package and what the tests need …"
	@$(BIN)/python -m pip install -qq -e ".[dev]"
	@touch $@ $(VENV)/.run-ready

clean:
	rm -rf $(VENV) .venv-* build dist var *.egg-info
