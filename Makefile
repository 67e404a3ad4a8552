# `make example` and `make test` set everything up by themselves: they need Python 3.11 or newer, nothing else.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

# Libraries whose results are read; one that has no version for this Python only has its tests skipped.
SOURCES := optuna skopt genetic dask smac ray hyperopt

# The newest Python of this machine, for `make test-newest`.
NEWEST ?= $(shell for p in python3.15 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 0 2>/dev/null && echo $$p && break; done)

# Two test processes on two processors: threads of OpenMP and BLAS would only wait for each other.
PYTEST := -m pytest -q -n 2 --dist loadfile
test test-lowest test-newest test-wheel: export OMP_NUM_THREADS = 1

.PHONY: example test test-browser test-lowest test-newest test-wheel coverage mutants lint format docs docs-test bench dist clean

example: .venv/package
	$(BIN)/python examples/random_search.py

test: .venv/test .venv/sources
	$(BIN)/python $(PYTEST)

test-browser: .venv/package
	$(BIN)/python tests/browser/run.py

# The lowest versions that pyproject.toml allows, on the oldest Python; sources of trials are not installed.
test-lowest: .venv/dist
	$(BIN)/uv venv --quiet --clear --python 3.11 .venv/lowest
	$(BIN)/uv pip install --quiet --python .venv/lowest --resolution lowest-direct --editable '.[test]'
	.venv/lowest/bin/python $(PYTEST)

# The newest versions, on the newest Python of this machine.
test-newest: .venv/dist
	$(BIN)/uv venv --quiet --clear --python $(NEWEST) .venv/newest
	$(BIN)/uv pip install --quiet --python .venv/newest --upgrade --editable '.[test]'
	.venv/newest/bin/python $(PYTEST)

# The wheel in an environment of its own, with the tests but without the sources beside them; then its types, as mypy
# sees them from outside.
test-wheel: dist
	rm -rf .venv/wheel && $(BIN)/uv venv --quiet --python .venv .venv/wheel
	$(BIN)/uv pip install --quiet --python .venv/wheel "$$(ls dist/*.whl)[test]" mypy pandas-stubs
	mkdir .venv/wheel/project
	cp -r tests benchmarks docs examples pyproject.toml CITATION.cff *.md .venv/wheel/project
	cd .venv/wheel/project && ../bin/python $(PYTEST) tests
	cd .venv/wheel/project && ../bin/mypy --strict --config-file= tests/typed_script.py
	cd .venv/wheel/project && ../bin/python tests/typed_script.py

dist: .venv/dist
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

# Branch coverage of all but the kernels; tracing makes the tests slower.
coverage: .venv/test .venv/sources .venv/coverage
	$(BIN)/python -m coverage run -m pytest -q
	$(BIN)/python -m coverage report

# Changes one place at a time and sees whether a test fails: about a quarter of an hour.
mutants: .venv/test .venv/mutants
	$(BIN)/python tests/mutants/run.py --show

lint: .venv/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/docs
	$(BIN)/sphinx-build -W -b html docs docs/_build
	$(BIN)/python docs/check_links.py docs/_build

# The code of all pages and tiny benchmarks, also those that take longer than a few seconds.
docs-test: .venv/test .venv/sources .venv/trackers
	$(BIN)/python -m pytest -q -m "slow or not slow" tests/test_docs.py tests/test_benchmarks.py

bench: .venv/bench
	$(BIN)/python -m benchmarks

.venv/python:
	@test -n "$(PYTHON)" || { echo "skhypershap needs Python 3.11 or newer on the PATH" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	touch $@

# One stamp for the package and one for each extra; a stamp is older than pyproject.toml when it must be made anew.
.venv/package: .venv/python pyproject.toml
	@echo "Installing skhypershap and what it needs into .venv: about 750 MB, one to three minutes" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/sources: .venv/package
	@echo "Installing the libraries whose results are read: about 500 MB, some minutes" >&2
	@for source in $(SOURCES); do echo "  $$source" >&2; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[$$source]" \
		|| echo "$$source cannot be installed here: its tests will be skipped" >&2; done
	touch $@

.venv/%: .venv/package
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@

clean:
	rm -rf .venv docs/_build
