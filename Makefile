# Two commands matter: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# One worker more than there are cores: some wait for a disk or a clock while the others work.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
LOCKS := requirements/runtime.lock requirements/embedder.txt pyproject.toml

# Some images forbid Python to keep compiled files; each start would then compile a thousand modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run install training test test-integration test-backstage test-all check format golden docs lock bench clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME) ## Install what is missing, index the demo organisation and our docs, serve on 127.0.0.1:8000
	@exec $(BIN)/cuebook up

install: $(RUNTIME) ## Make .venv with the command `cuebook`
	@echo "Installed. Next: $(BIN)/cuebook --help"

training: $(RUNTIME) ## Add torch for the CPU, which training the sequential model needs
	@PYTHON="$(PYTHON)" sh requirements/install.sh $(VENV) requirements/runtime.lock training

test: $(DEV) ## Run the default test suite, on every core
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile

test-integration: $(DEV) ## Run the tests that start real servers, clients and browsers
	@$(BIN)/python -m pytest -m "integration and not backstage" --timeout 900

# Apart from the others, because it installs some 0.8 GB from npm and PyPI into build/backstage, once.
test-backstage: $(DEV) ## Install a real Backstage under build/, start it, run the tests against it
	@$(BIN)/python -m pytest -m backstage --timeout 1800 tests/backstage

test-all: $(DEV) ## Run every test, the slow ones too, but for those of test-backstage
	@$(BIN)/python -m pytest -m "not backstage" --timeout 3600

check: $(DEV) ## Format, lint, types, arrows, docs, tests: what must be green before a change lands
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet --site-dir build/site
	@$(MAKE) --no-print-directory test

format: $(DEV) ## Format the code and sort what can be sorted
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(DEV) ## Rewrite the golden files; review the diff like code
	$(BIN)/python -m pytest --golden

docs: $(DEV) ## Serve the documentation on 127.0.0.1:8001
	$(BIN)/mkdocs serve --dev-addr 127.0.0.1:8001

bench: $(DEV) ## Measure the embedder and the index on this machine
	$(BIN)/python -m benchmarks.embedder
	$(BIN)/python -m benchmarks.index

lock: ## Resolve requirements/*.in into the lock files (needs uv)
	uv pip compile requirements/dev.in --universal --python-version 3.11 --no-header --no-annotate --upgrade -q -o requirements/dev.lock
	uv pip compile requirements/runtime.in -c requirements/dev.lock --universal --python-version 3.11 --no-header --no-annotate --upgrade -q -o requirements/runtime.lock

clean: ## Remove the virtual environment and everything built; the state under .cuebook stays
	rm -rf $(VENV) build dist test-output .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(RUNTIME): $(LOCKS) requirements/install.sh
	@PYTHON="$(PYTHON)" sh requirements/install.sh $(VENV) requirements/runtime.lock
	@touch $@

$(DEV): $(LOCKS) requirements/dev.lock requirements/training.txt requirements/install.sh
	@PYTHON="$(PYTHON)" sh requirements/install.sh $(VENV) requirements/dev.lock training-if-any
	@touch $@ $(RUNTIME)
