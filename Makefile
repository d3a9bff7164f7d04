# Two commands on a fresh machine: `make demo` and `make test`. Both need Python 3.10 to 3.13, make and git.
PYTHON ?= python3
VENV ?= .venv
# Extra options for pip, for example PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_ARGS ?=
# Version of pandas that "make test-pandas" runs with, beside the one that constraints.txt installs
PANDAS ?= pandas>=3,<4
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS)

.PHONY: demo test test-pandas lint docs scatter wheel clean

demo: $(VENV)/.installed
	$(BIN)/graphcascade demo --overwrite
	@echo "The command graphcascade is in $(BIN): 'source $(BIN)/activate' makes it known to your shell."

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# What depends on pandas most, with another version of it.
test-pandas: $(VENV)/.installed-dev
	rm -rf build/pandas
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target build/pandas "$(PANDAS)"
	PYTHONPATH=build/pandas $(BIN)/python -m pytest tests/io tests/data tests/analysis

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

# torch-scatter is compiled from source against the installed torch: about five minutes.
scatter: $(VENV)/.installed-scatter
	$(BIN)/python -m pytest -m edge_softmax

wheel: $(VENV)/.installed-dev
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing graphcascade into $(VENV); torch is the largest part ..."
	$(PIP) "torch==2.13.0"
	$(PIP) -e ".[page]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) -e ".[dev]"
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed-dev
	$(PIP) -e ".[docs]"
	@touch $@

$(VENV)/.installed-scatter: $(VENV)/.installed-dev
	$(PIP) setuptools wheel
	$(PIP) --no-build-isolation "torch-scatter>=2.1.2"
	@touch $@

clean:
	rm -rf $(VENV) build dist docs/_build
