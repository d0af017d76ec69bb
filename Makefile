# What can be done here: run `make`. The recipes for a platform are those that `tapgen init` ships.

VENV := .venv
LOCK := pyproject.toml requirements/dev.txt
INSTALL = $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt \
	&& $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
INSTALL_LOCAL = :
UV := uv ==0.13.*

include tapgen/init/Makefile

.PHONY: style types imports unit test golden bench lock clean

check: style types imports unit

##@ Developing tapgen
style: $(READY) ## Check the format of the code, and lint it.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## Check the types.
	$(BIN)/mypy

imports: $(READY) ## Check that imports point one way.
	$(BIN)/lint-imports

unit: $(READY) ## Run the tests that are not slow.
	$(BIN)/pytest --numprocesses=auto -m "not slow"

test: $(READY) style types imports ## Run everything, on all cores.
	$(BIN)/pytest --numprocesses=auto

golden: $(READY) ## Rewrite what the tests compare with; review it with git diff.
	GOLDEN=1 $(BIN)/pytest --numprocesses=auto -m "not slow"

bench: $(READY) ## Measure rendering, linting and reviewing against their goals.
	$(BIN)/python -m tests.bench

lock: $(READY) ## Choose the newest versions that pyproject.toml allows.
	$(BIN)/python -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet "$(UV)"
	$(VENV)-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --extra dev \
		--custom-compile-command "make lock" --output-file requirements/dev.txt pyproject.toml
	rm -rf $(VENV)-lock

clean: ## Remove everything that the others made, but the templates.
	rm -rf $(VENV) $(VENV)-lock .tapgen_cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find tapgen tests -name __pycache__ -type d -prune -exec rm -rf {} +
