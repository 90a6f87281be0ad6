# The desk on one machine. `make` alone lists what there is.

# Where pysqlite3 has wheels. The first that runs, because a version manager's shim may be there and not run.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
BIN := $(CURDIR)/.venv/bin
IN := PATH="$(BIN):$$PATH" PYTHONUNBUFFERED=1
TESTS ?=

.DEFAULT_GOAL := help
.PHONY: help install run demo migrate test lint types audit words pictures screens lock bench bench-peers bench-large clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

install: .venv/.installed  ## a virtual environment with everything that the desk runs on

run: install  ## the desk: dashboard, ingester, dispatcher, and the sandbox until a key is set; Ctrl-C stops it
	@$(IN) honcho run python -m nextpod_core migrate
	@$(IN) honcho run python -c "import os; print('Open http://localhost:' + (os.environ.get('NEXTPOD_DASHBOARD_PORT') or '8501'))"
	@$(IN) honcho start dashboard ingester dispatcher \
	  $$($(IN) honcho run python -c "import os; print('' if os.environ.get('NEXTPOD_API_KEY', '').strip() else 'sandbox')")

migrate: install  ## make the database, or bring it up to date (a copy of it is made first)
	@$(IN) honcho run python -m nextpod_core migrate

test: .venv/.installed-dev  ## lint, types, tests; TESTS=tests/test_x.py for some of them
	@$(MAKE) --no-print-directory lint types
	@$(IN) python -m pytest -n 2 $(TESTS)

lint: .venv/.installed-dev  ## ruff: form and findings
	@$(IN) ruff format --check --quiet . || { $(IN) ruff format --diff --quiet . | head -n 60; exit 1; }
	@$(IN) ruff check --quiet .

types: .venv/.installed-dev  ## mypy, strict, on nextpod_core
	@$(IN) mypy --no-error-summary

audit:  ## known vulnerabilities of what is installed, where that can be looked up
	@.ci/audit

words: install  ## bring locale/nb level with the sentences in the source, and say what is untranslated
	@$(IN) python -m pages.parts.catalogue update
	@$(IN) python -m pages.parts.catalogue check

pictures: .venv/.installed-dev  ## the pictures of the docs again, from a desk of their own with a past
	@$(IN) python -m tests.pictures

screens: .venv/.installed-dev  ## the pages of the running desk as pictures, light, dark and on a phone, in .screenshots/
	@$(IN) python -m tests.browser / /inbox /compose /campaigns /analytics /suppressions /settings /health

demo: install  ## fill an empty sandbox with a believable past, to look at the pages with life in them
	@$(IN) honcho run python -m nextpod_core migrate
	@$(IN) honcho run python -m nextpod_core demo

lock: .venv/.installed-dev  ## write requirements.lock and requirements-dev.lock again
	@for part in "" -dev; do $(IN) pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	  --no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links requirements$$part.txt -o requirements$$part.lock; done

bench: .venv/.installed-dev  ## how fast it is: every figure of docs/performance.md, two or three minutes
	@$(IN) python -m bench

bench-peers: .venv/.installed-dev  ## Datasette and FastAPI in an environment of their own, for make bench to compare with
	@$(IN) python -m bench.peers

bench-large: .venv/.installed-dev  ## delivery page and inbox on ten million messages each; 7 GB on the disk, about twenty minutes
	@$(IN) python -m bench.analytics --messages 10000000
	@$(IN) python -m bench.inbox --messages 10000000

clean:  ## take away the virtual environment and what tools left; never the data
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .screenshots
	@find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(FITS)' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed. On Debian and Ubuntu: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) can't make virtual environments. On Debian and Ubuntu: sudo apt-get install $$($(PYTHON) -c 'import sys; print("python%d.%d" % sys.version_info[:2])')-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.installed: .venv/bin/python requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
