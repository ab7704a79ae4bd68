# `make demo` and `make test` need git, make, Python 3.11 and python3-venv; everything else they fetch, locked.
PYTHON ?= python3
VENV ?= .venv
# Many tests wait for a server or the clock: more workers than cores.
WORKERS ?= 4

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCKED := --quiet --require-hashes --no-deps --requirement
SELF := --quiet --no-deps --no-build-isolation --editable .
LANGUAGES := nl en fy
# What marks a text besides gettext: `later`, and refusals whose reason a page shows.
KEYWORDS := later InvalidError ConflictError ForbiddenError RateLimitedError OverLimitError UnknownClientError InvalidScopeError
LOCK := $(BIN)/uv pip compile pyproject.toml --extra postgres --group build --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --overrides requirements/overrides.txt --custom-compile-command "make locks" --no-annotate --quiet

# Programs that the tests start would compile all of fedgov each time.
unexport PYTHONDONTWRITEBYTECODE

.DELETE_ON_ERROR:
.PHONY: help demo test soak fuzz lint bench docs frontend messages migration locks wheel system-packages clean

help:
	@echo "make demo             three town halls that talk to one another, on this machine"
	@echo "make test             every check: lint, types, import contracts and all tests"
	@echo "make soak             the tests that take minutes: hundreds of crashes, long overload"
	@echo "make fuzz             feed what strangers send with made-up bytes, a minute for each part"
	@echo "make lint             lint, types and import contracts only"
	@echo "make bench            measure speed and memory"
	@echo "make docs             write the tables of the reference pages anew, from the code"
	@echo "make frontend         build the front-end files and the translations"
	@echo "make messages         collect the texts to translate into fedgov/web/locale"
	@echo "make migration        draft a change of the database, as in: make migration MESSAGE='What changes'"
	@echo "make locks            choose package versions anew, within pyproject.toml and package.json"
	@echo "make wheel            build an installable package in dist/"
	@echo "make system-packages  install what some tests need from Debian: PostgreSQL and chromium"
	@echo "make clean            remove what was built and installed here, but not the instances' data"

demo: $(VENV)/.runtime frontend
	$(BIN)/fedgov demo $(ARGS)

test: lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

soak: $(VENV)/.test frontend
	$(BIN)/python -m pytest -m soak --verbose --capture=no $(ARGS)

fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz $(ARGS)

lint: $(VENV)/.test frontend
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test frontend
	$(BIN)/python -m tests.benchmarks $(ARGS)

# The lock for tests holds everything in the lock for running, in the same versions.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml hatch_build.py | $(BIN)/python
	@echo "Installing the Python packages that fedgov needs"
	$(PIP) install $(LOCKED) requirements/runtime.txt
	$(PIP) install $(SELF)
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml hatch_build.py | $(BIN)/python
	@echo "Installing the Python packages that fedgov and its tests need"
	$(PIP) install $(LOCKED) requirements/test.txt
	$(PIP) install $(SELF)
	@touch $(VENV)/.runtime $@

# Only atheris is in it that is not in the lock for tests.
$(VENV)/.fuzz: requirements/fuzz.txt $(VENV)/.test
	@echo "Installing the fuzzer"
	$(PIP) install $(LOCKED) requirements/fuzz.txt
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Quick when nothing changed: hatch_build.py compares before it fetches.
docs: $(VENV)/.test frontend
	$(BIN)/python -m tests.documents --write

frontend: | $(VENV)/.runtime
	@$(BIN)/python hatch_build.py

messages: $(VENV)/.runtime
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --ignore-dirs '.* node_modules instances tests' \
		$(KEYWORDS:%=--keyword %) --no-location --sort-output --no-wrap --project fedgov --header-comment '# Texts of fedgov, EUPL-1.2' \
		--output-file $(VENV)/messages.pot .
	for language in $(LANGUAGES); do \
		$(BIN)/pybabel --quiet update --init-missing --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date --no-wrap \
			--input-file $(VENV)/messages.pot --output-dir fedgov/web/locale --locale $$language || exit 1; \
	done

# A draft: read and correct what it wrote in fedgov/store/migrations/versions.
migration: $(VENV)/.runtime
	$(BIN)/python -m tests.schema "$(MESSAGE)"

# An existing lock keeps its versions; remove it first to take the newest of everything.
locks: $(VENV)/.test
	$(LOCK) --output-file requirements/runtime.txt
	$(LOCK) --group test --constraints requirements/runtime.txt --output-file requirements/test.txt
	$(LOCK) --group test --group fuzz --constraints requirements/test.txt --output-file requirements/fuzz.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

wheel: $(VENV)/.runtime
	$(PIP) wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

system-packages:
	@test "$$(id -u)" = 0 || { echo "This installs Debian packages: run it as root, for example sudo make system-packages"; exit 1; }
	DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql chromium fonts-dejavu-core

clean:
	rm -rf $(VENV) node_modules fedgov/web/static/vendor fedgov/web/static/vendor.new dist build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find fedgov tests -name __pycache__ -prune -exec rm -rf {} +
	find fedgov -name '*.mo' -delete
