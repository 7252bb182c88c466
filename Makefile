# `make demo` and `make test` set up what they need in a virtual environment of their own.
PYTHON ?= python3
LIGHT := .venv
FULL := .venv-test

.PHONY: demo test test-long check pytest benchmark clean

demo: $(LIGHT)/installed  ## the whole job on real data, with the light core only
	$(LIGHT)/bin/tastemaker demo

test: check pytest  ## every check and every test

check: $(FULL)/installed
	$(FULL)/bin/ruff check .
	$(FULL)/bin/ruff format --check .
	$(FULL)/bin/mypy
	$(FULL)/bin/lint-imports

pytest: $(FULL)/installed
	$(FULL)/bin/python -m pytest -n 2 --dist loadfile -m "not slow"

test-long: $(FULL)/installed  ## the long forms: fuzzing, kill storms
	$(FULL)/bin/python -m pytest -m slow

benchmark: $(FULL)/installed  ## every speed, memory and quality bar, beside its peer
	$(FULL)/bin/python benchmarks/run.py

$(LIGHT)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tastemaker needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(LIGHT)
	$(LIGHT)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(FULL)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tastemaker needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 test")'
	$(PYTHON) -m venv $(FULL)
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[postgres,parquet]" --group test
	touch $@

clean:
	rm -rf $(LIGHT) $(FULL) .benchmark-data
