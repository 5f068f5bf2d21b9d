# Every verb does its own set-up: a fresh machine needs Python 3.11+, make, Node and the package indexes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 3

.PHONY: help install demo test test-long test-browser check bench conformance format lock schema clean

help: ## What each verb does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

tests/contract/node_modules/installed: tests/contract/package-lock.json
	npm ci --prefix tests/contract --no-audit --no-fund --loglevel=error
	@touch $@

# GraphiQL and what it stands on, from the locked packages into files of our own: the page asks no other host.
schema/static/graphiql/installed: schema/static/package-lock.json
	npm ci --prefix schema/static --no-audit --no-fund --loglevel=error
	mkdir -p schema/static/graphiql
	cd schema/static/node_modules && cp graphiql/graphiql.min.js graphiql/graphiql.min.css \
		react/umd/react.production.min.js react-dom/umd/react-dom.production.min.js \
		graphql-ws/umd/graphql-ws.min.js ../graphiql/
	rm -rf schema/static/node_modules
	@touch $@

install: $(VENV)/installed ## The virtual environment, by locked hashes

demo: install schema/static/graphiql/installed ## Two operators and 24 simulated stations in your browser (flags: ARGS="--stations 100")
	$(BIN)/voltgraph demo $(ARGS)

test: install schema/static/graphiql/installed tests/contract/node_modules/installed ## All tests but the long ones
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not long and not browser" $(ARGS)

test-long: install schema/static/graphiql/installed tests/contract/node_modules/installed ## The long ones
	$(BIN)/python -m pytest -m long --timeout 3600 $(ARGS)

test-browser: install ## The page for drivers without an account, in a real Chromium
	$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

check: install ## Formatting, lint, types, import contracts, schema snapshot
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/voltgraph schema check

bench: install ## Figures as a table and bench-results/*.json (nothing else should run meanwhile)
	$(BIN)/python -m benchmarks $(ARGS)

conformance: install ## The public OCPP suite against Voltgraph (docs/conformance.md): ARGS="FOLDER --python PYTHON"
	$(BIN)/python -m tests.conformance.run $(ARGS)

format: install ## Formats and sorts imports
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

lock: install ## Renews requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--extra dev pyproject.toml -o requirements.lock

schema: install ## Writes frontend-contract/schema.graphql
	$(BIN)/voltgraph schema export

clean: ## Removes what the verbs made
	rm -rf $(VENV) build bench-results *.egg-info tests/contract/node_modules schema/static/graphiql
