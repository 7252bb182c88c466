# `make demo` and `make test` set up what they need in a virtual environment of their own.
PYTHON ?= python3
LIGHT := .venv
FULL := .venv-test
PEERS := .venv-benchmark
SPARK := .venv-spark
OLDER := .venv-sqlalchemy-2.0
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable

.PHONY: demo test test-long test-shops test-spark test-sqlalchemy-2.0 check docs pytest browser benchmark clean

demo: $(LIGHT)/installed  ## the whole job on real data, with the light core only
	$(LIGHT)/bin/tastemaker demo

test: browser check docs pytest  ## every check, the site, and every test

check: $(FULL)/installed
	$(FULL)/bin/ruff check .
	$(FULL)/bin/ruff format --check .
	$(FULL)/bin/mypy
	$(FULL)/bin/lint-imports

# never --quiet: what it hides, --strict does not see
docs: $(FULL)/installed  ## the site of docs/, in site/; a warning fails it
	NO_MKDOCS_2_WARNING=1 $(FULL)/bin/python -m mkdocs build --strict --site-dir site

pytest: browser $(FULL)/installed
	$(FULL)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-long: browser $(FULL)/installed  ## the long forms: fuzzing, kill storms
	$(FULL)/bin/python -m pytest -m slow

test-shops: $(FULL)/installed  ## the example shops on both databases, and 10,000 orders in each
	$(FULL)/bin/python -m pytest tests/examples

test-spark: $(SPARK)/installed  ## training on Spark: needs Java
	$(SPARK)/bin/python -m pytest -m spark

test-sqlalchemy-2.0: $(OLDER)/installed  ## the store and the engine, on the older SQLAlchemy that many applications hold
	$(OLDER)/bin/python -m pytest -n 2 --dist loadfile -m "not slow" tests/store tests/engine tests/django tests/io

browser:  ## one that the tests of the HTML report open it in
	@for name in $(CHROMIUM); do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	else \
		echo "The tests of the HTML report need a browser: install Chromium or Google Chrome" >&2; \
		echo "(Debian, Ubuntu: sudo apt-get install chromium), then run make test again." >&2; \
		exit 1; \
	fi

benchmark: $(PEERS)/installed  ## every speed, memory and quality bar, beside its peer
	$(PEERS)/bin/python benchmarks/run.py

# without compiling: a demonstration imports little of SciPy, whose bytecode takes as long as the rest
$(LIGHT)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tastemaker needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(LIGHT)
	$(LIGHT)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --editable .
	touch $@

$(FULL)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tastemaker needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 test")'
	$(PYTHON) -m venv $(FULL)
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group test --group docs
	touch $@

$(SPARK)/installed: pyproject.toml
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[spark,postgres]" --group test
	touch $@

$(OLDER)/installed: pyproject.toml
	$(PYTHON) -m venv $(OLDER)
	$(OLDER)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(OLDER)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group test "sqlalchemy<2.1"
	touch $@

# rectools asks for an older NumPy than its EASE needs: it comes without what it asks for
$(PEERS)/installed: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group benchmark
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps rectools==0.19.0
	touch $@

clean:
	rm -rf $(LIGHT) $(FULL) $(PEERS) $(SPARK) $(OLDER) .benchmark-data site
