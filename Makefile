# `make demo` and `make test` set up what they need in a virtual environment of their own.
PYTHON ?= python3
LIGHT := .venv
FULL := .venv-test
PEERS := .venv-benchmark
SPARK := .venv-spark
HARNESS := .venv-harness
OLDER := .venv-sqlalchemy-2.0
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable

# How long the harnesses go on: programs of the stateful model and kills for each of the two databases,
# seconds of fuzzing for each target, canaries for each field.
PROGRAMS ?= 300
KILLS ?= 5000
FUZZ_SECONDS ?= 300
CANARY_PEOPLE ?= 100000
TESTS_OF_SEALING := tests/store/crypto tests/store/test_key_rows.py tests/plugin/test_guard.py tests/plugin/test_guard_answers.py
FUZZED := container sealed_value typed_value archive request rule csv jsonl parquet packed

# What Python has compiled is kept, whatever the surroundings say: the tests start hundreds of programs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long test-shops test-spark test-sqlalchemy-2.0 check docs pytest browser benchmark clean
.PHONY: stateful storm canaries fuzz coverage mutation

demo: $(LIGHT)/installed  ## the whole job on real data, with the light core only
	$(LIGHT)/bin/tastemaker demo

test: browser  ## every check, the site, and every test
	$(MAKE) --jobs=2 --output-sync=target check docs
	$(MAKE) pytest BUILT_SITE=$(CURDIR)/site

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
	$(FULL)/bin/python -m pytest -m slow --ignore tests/stateful --ignore tests/storm/test_storm.py --ignore tests/canaries

stateful: $(FULL)/installed  ## programs of random steps; after each the store agrees with a plain model
	PROGRAMS=$(PROGRAMS) $(FULL)/bin/python -m pytest -n 0 -s -m slow tests/stateful

storm: $(FULL)/installed  ## kill -9, KILLS times on each database
	KILLS=$(KILLS) $(FULL)/bin/python -m pytest -n 0 -s -m slow tests/storm/test_storm.py

canaries: $(FULL)/installed  ## six canaries of each of CANARY_PEOPLE people, in ten encodings, in all that is written
	CANARY_PEOPLE=$(CANARY_PEOPLE) $(FULL)/bin/python -m pytest -n 0 -s -m slow tests/canaries

fuzz: $(HARNESS)/installed  ## everything that reads bytes of strangers, FUZZ_SECONDS each
	for target in $(FUZZED); do \
		$(HARNESS)/bin/python -m tests.fuzz.run $$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 || exit 1; \
	done

coverage: $(HARNESS)/installed  ## every branch of sealing, keys, containers and guards
	$(HARNESS)/bin/python -m coverage run -m pytest -n 0 -m "not slow" $(TESTS_OF_SEALING)
	$(HARNESS)/bin/python -m coverage report

mutation: $(HARNESS)/installed  ## are the tests of the same modules able to fail? An hour
	rm -rf .mutation && mkdir .mutation
	cp -r engine/tastemaker plugins tests migrations .mutation/
	cp tests/mutation.toml .mutation/pyproject.toml
	cd .mutation && ../$(HARNESS)/bin/mutmut run --max-children 1 && ../$(HARNESS)/bin/mutmut results

test-shops: $(FULL)/installed  ## the example shops on both databases, and 10,000 orders in each
	$(FULL)/bin/python -m pytest tests/examples

test-spark: $(SPARK)/installed  ## training on Spark: needs Java
	$(SPARK)/bin/python -m pytest -m spark tests/spark

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

# pip compiles on one processor alone, which takes a minute; some templates in packages are no Python
$(FULL)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tastemaker needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 test")'
	$(PYTHON) -m venv $(FULL)
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(FULL)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --editable ".[all]" --group test --group docs
	$(FULL)/bin/python -m compileall -qq -j 2 $(FULL)/lib || true
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

$(HARNESS)/installed: pyproject.toml
	$(PYTHON) -m venv $(HARNESS)
	$(HARNESS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(HARNESS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group test --group harness
	touch $@

# rectools asks for an older NumPy than its EASE needs: it comes without what it asks for
$(PEERS)/installed: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group benchmark
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps rectools==0.19.0
	touch $@

clean:
	rm -rf $(LIGHT) $(FULL) $(PEERS) $(SPARK) $(OLDER) $(HARNESS) .mutation .benchmark-data site
