# Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON ?= python3
WORKERS ?= 3
SIZE ?= large
SECONDS ?= 60
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout 180

.DEFAULT_GOAL := help
.PHONY: help venv demo test unit bench chaos fuzz lint format docs pins clean

help: ## Show what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "sagac needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml setup.py constraints.txt | $(BIN)/python
	@echo "Installing sagac and what the demo needs into $(VENV) ..."
	$(PIP) install --constraint constraints.txt --editable '.[demo]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml setup.py constraints.txt | $(BIN)/python
	@echo "Installing sagac and what the tests need into $(VENV) ..."
	$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/demo.stamp

venv: $(VENV)/test.stamp ## Make .venv with everything for development

demo: $(VENV)/demo.stamp ## Run the order saga on this machine
	@$(BIN)/python -m demo

test: $(VENV)/test.stamp ## Run all tests with branch coverage, then the linters and the type checker
	$(PYTEST) --cov --cov-report=term $(ARGS)
	@$(MAKE) --no-print-directory lint

unit: $(VENV)/test.stamp ## Run the fast tests only (ARGS="-k name" chooses)
	$(PYTEST) tests/unit tests/rules tests/guards $(ARGS)

bench: $(VENV)/test.stamp ## Measure; writes the tables in docs/benchmarks.md
	@$(PIP) install --constraint constraints.txt statelint \
	  || echo "Without statelint its row is left open."
	$(BIN)/python -m bench

chaos: $(VENV)/test.stamp ## Kill sagas, services and brokers and compare the outcome (SIZE=ci, small or large)
	$(BIN)/python -m tests.chaos --size $(SIZE)

fuzz: $(VENV)/test.stamp ## Look for files that break sagac (SECONDS=60); a find becomes a case for the tests
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(PIP) install --editable '.[fuzz]' \
	  || echo "atheris cannot be had here: fuzzing without seeing what is reached" >&2
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

lint: $(VENV)/test.stamp ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/test.stamp ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/test.stamp ## Write the pages that are made from the code
	$(BIN)/python -m sagac.dsl.rules.docs
	$(BIN)/python -m sagac.dsl.reference.docs
	$(BIN)/python -m demo.readme

pins: ## Write constraints.txt anew: the newest versions that pyproject.toml allows
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable '.[test,bench]'
	@{ echo "# Exact versions of everything that \`make test\` and \`make bench\` install; written by \`make pins\`."; \
	  $(BIN)/python -m pip freeze --exclude-editable; } > constraints.txt
	@touch $(VENV)/test.stamp $(VENV)/demo.stamp

clean: ## Remove what was made here, .venv too
	rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .mypy_cache .pytest_cache \
	  .ruff_cache .hypothesis .sagac
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
