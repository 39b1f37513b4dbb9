# make run    install everything and start Ouïdire
# make test   install everything and run every quick test
# make help   the other recipes

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LINT_STAMP := $(VENV)/.installed-lint
PEERS_STAMP := $(VENV)/.installed-peers
BENCH_STAMP := $(VENV)/.installed-bench
KERNEL := $(wildcard src/ouidire/match/_*.[ch])

# The whole suite runs on two cores; a picked part starts sooner on one.
SIDE_BY_SIDE := -n 2 --dist worksteal

.DEFAULT_GOAL := all
TRAIN_STAMP := $(VENV)/.installed-train
DATA ?= ../shared/data
WORK ?= build/encoder
.PHONY: all help run demo test lint fix bench models peers long docs wheel clean browser

all: lint test  ## lint and test

help:  ## say what there is
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | column -t -s '	'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ouïdire needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 …"; exit 1; }
	@echo "· making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: on Debian, apt-get install python3-venv"; exit 1; }

# What `run` needs, and no more: a baker does not install browsers.
$(VENV)/.installed-run: pyproject.toml setup.py $(KERNEL) | $(BIN)/python
	@echo "· installing Ouïdire (once; about a minute)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e .
	@touch $@

$(STAMP): pyproject.toml setup.py $(KERNEL) | $(BIN)/python
	@echo "· installing Ouïdire with its tests (once; a few minutes)"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e '.[test]'
	@touch $@ $(VENV)/.installed-run

$(LINT_STAMP): pyproject.toml setup.py $(KERNEL) | $(STAMP)
	@$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[test,lint]'
	@touch $@

$(TRAIN_STAMP): pyproject.toml setup.py $(KERNEL) | $(STAMP)
	@$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[test,train]'
	@touch $@

$(PEERS_STAMP): pyproject.toml setup.py $(KERNEL) | $(STAMP)
	@$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[test,peers]'
	@touch $@

$(BENCH_STAMP): pyproject.toml setup.py $(KERNEL) | $(STAMP)
	@$(BIN)/python -m pip install --disable-pip-version-check -q -e '.[test,bench]'
	@touch $@

run: $(VENV)/.installed-run  ## install and start; prints one address
	@$(BIN)/ouidire up $(ARGS)

demo: $(VENV)/.installed-run  ## see a pretended day
	@$(BIN)/ouidire demo $(ARGS)

# Debian's Chromium, where this machine lets us have it; the browser tests say so when it is missing.
browser:
	@scripts/get_browser.sh

test: $(STAMP) browser  ## every quick test: SQLite, PostgreSQL, Chromium
	@$(BIN)/python -m pytest $(or $(ARGS),$(SIDE_BY_SIDE))

lint: $(LINT_STAMP)  ## style, types, the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(LINT_STAMP)  ## mend what can be mended by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(if $(filter match reading,$(NAME)),$(BENCH_STAMP),$(STAMP))  ## NAME=flow|latency|resources|names|match|reading: figures beside a peer
	@$(BIN)/python -m benchmarks.$(or $(NAME),flow) $(ARGS)

models: $(TRAIN_STAMP)  ## DATA=folder WORK=folder: train both readers anew; goes on where it was stopped
	$(BIN)/python -m scripts.train_sentiment --data $(DATA)
	$(BIN)/python -m scripts.train_encoder --data $(DATA) --work $(WORK)
	$(BIN)/python -m scripts.export_encoder --work $(WORK)
	$(BIN)/python -m scripts.train_heads --data $(DATA)
	$(BIN)/python -m scripts.train_language --data $(DATA)
	$(BIN)/python -m scripts.train_employees --data $(DATA)

peers: $(PEERS_STAMP)  ## heavy real servers: Bluesky's own PDS, ntfy, web push
	@$(BIN)/python -m pytest -m peers $(ARGS)

long: $(STAMP)  ## minutes long: fifty thousand posts and twenty kills
	@$(BIN)/python -m pytest -m long --timeout 3600 $(ARGS)

docs: $(STAMP)  ## write the reference pages anew
	@$(BIN)/python scripts/reference.py

wheel: $(STAMP)  ## the package for pipx, uvx and pip, in dist/
	@rm -rf build
	@$(BIN)/python -m build --wheel --outdir dist .

clean:  ## remove what was installed and cached
	@rm -rf $(VENV) build dist *.egg-info src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
