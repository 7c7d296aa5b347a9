# The targets say what they do. A target that finds nothing changed does nothing again.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
INBOX := templates/inbox
CLIENTS := tests/compatibility
HOSTS := tests/browser/hosts
SITE := sphinx-build -q -W --keep-going -c docs . site
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench screenshots docs wheel lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed $(INBOX)/dist/.built ## everything that the other targets need, into .venv

demo: setup ## the whole product on this machine: http://localhost:8002
	@exec porthole demo $(ARGS)

test: setup $(VENV)/.browser $(CLIENTS)/node_modules/.installed $(HOSTS)/node_modules/.installed check ## lint, types, and every test, browser tests included
	@echo "· tests"
	@cd $(INBOX) && npm test --silent
	@pytest --cache-clear $(ARGS) || { test $$? = 1 && python -m tests.again $(ARGS); }

check: setup ## lint, types, import directions, links in the documentation
	@echo "· lint and types"
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy
	@lint-imports --no-logo
	@cd $(INBOX) && npm run check --silent
	@$(SITE)
	@pytest -n0 -qq --durations-min=9 tests/unit/test_samples.py -k links

format: setup ## format and fix what can be fixed
	@ruff format .
	@ruff check --fix .
	@cd $(INBOX) && npm run format --silent

bench: setup ## intake, latency, fan-out, memory of an iframe, and more; PEER=<folder> compares
	@python -m tests.benchmarks $(if $(PEER),--peer $(PEER)) $(ARGS)

screenshots: setup $(VENV)/.browser ## every page of the inbox and the dashboard, in light and dark, wide and narrow, into screenshots/
	@python -m tests.browser.screenshots screenshots

.PHONY: images
images: setup $(VENV)/.browser ## the pictures of the README, of today's inbox
	@python -m tests.browser.readme_images

docs: setup ## the documentation as a site, into site/, and what is generated from Python: settings, the page's types
	@python -m cli.configuration_docs
	@$(SITE)
	@python -m cli.typescript

wheel: setup ## what `pip install` takes, with the built front end, into dist/
	@rm -f dist/porthole-*.whl
	@python -m hatchling build --target wheel

lock: setup ## write requirements/*.txt anew from pyproject.toml
	@for set in runtime: dev:--group=dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra=otel \
	    $${set#*:} pyproject.toml --output-file requirements/$${set%%:*}.txt; done

clean: ## remove what the targets above have made
	rm -rf site $(VENV) $(INBOX)/node_modules $(INBOX)/dist $(CLIENTS)/node_modules $(HOSTS)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Porthole needs Python 3.11 or newer")'
	@echo "· Python packages into $(VENV) (about half a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "This Python cannot make a virtual environment; on Debian: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(INBOX)/node_modules/.installed: $(INBOX)/package-lock.json $(VENV)/.installed
	@echo "· the front end's packages"
	@cd $(INBOX) && npm ci --loglevel=error
	@touch $@

$(INBOX)/dist/.built: $(INBOX)/node_modules/.installed $(shell find $(INBOX)/src -type f 2>/dev/null) \
		$(wildcard $(INBOX)/*.json $(INBOX)/*.ts)
	@echo "· the front end"
	@cd $(INBOX) && npm run build --silent -- --logLevel=warn
	@touch $@

$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json $(VENV)/.installed
	@echo "· the clients that the compatibility tests run"
	@cd $(CLIENTS) && npm ci --loglevel=error
	@touch $@

$(HOSTS)/node_modules/.installed: $(HOSTS)/package-lock.json $(VENV)/.installed
	@echo "· what the examples of host pages are built with"
	@cd $(HOSTS) && npm ci --loglevel=error
	@touch $@

$(VENV)/.browser: $(VENV)/.installed
	@python -m tests.browser.install
	@touch $@
