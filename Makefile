# The verbs of reuptake. `make` alone lists them.
#   PYTHON=python3.12 make test      another interpreter (3.11 or newer)
#   make test ARGS="-k occupancy"    arguments for pytest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

MAKEFLAGS += --no-builtin-rules --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DELETE_ON_ERROR:
.PHONY: help demo test check format lint types layers evidence bench regress regress-fits lock clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## set up, then write the imipramine dossier and a simulated course to out/
	@rm -rf out/course && mkdir -p out
	@$(BIN)/reuptake dossier imipramine --out out/imipramine-dossier.html
	@$(BIN)/reuptake simulate imipramine --dose "75 mg" --every 24h --for 28d \
	  --out out/course --plot out/imipramine-course.svg
	@echo
	@echo "dossier            out/imipramine-dossier.html   (open it in a browser)"
	@echo "course, figure     out/imipramine-course.svg"
	@echo "course, numbers    out/course/"

test: $(READY) ## set up, then run all tests
	@$(BIN)/python -m pytest -q -n auto $(ARGS)

check: format lint types layers evidence ## format, lint, types, layers, evidence; changes nothing

format: $(READY)
	@echo "format";   $(BIN)/ruff format --quiet --check . || { \
	  echo "format: mend with '$(BIN)/ruff format .'; the files:" >&2; $(BIN)/ruff format --check . >&2; exit 1; }

lint: $(READY)
	@echo "lint";     $(BIN)/ruff check --quiet .

types: $(READY)
	@echo "types";    $(BIN)/mypy --no-error-summary

layers: $(READY)
	@echo "layers";   said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said" >&2; exit 1; }

evidence: $(READY)
	@echo "evidence"; $(BIN)/reuptake evidence --check

bench: $(READY) ## time what a user waits for, and the engine against its peers
	@$(BIN)/python benchmarks/run.py

regress: $(READY) ## rewrite the frozen numbers; then say in CHANGELOG.md why they moved
	@$(BIN)/python tests/regression/frozen.py
	@$(BIN)/python tests/regression/qualification.py
	@git diff --stat -- tests/regression docs/science

regress-fits: $(READY) ## do all shipped fits again, from the evidence alone; then make regress
	@for file in fits/*.yaml; do \
	  $(BIN)/reuptake fit $$file --records src/reuptake/evidence/data/values/$$file >/dev/null || exit; \
	done
	@git diff --stat -- src/reuptake/evidence/data/values/fits

lock: ## rewrite requirements/dev.txt from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@command -v uv >/dev/null || { echo "make lock needs the program 'uv'" >&2; exit 1; }
	@uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-emit-index-url --custom-compile-command "make lock" \
	  $(if $(UPGRADE),--upgrade) --quiet --output-file requirements/dev.txt

clean: ## remove .venv, caches and build products; out/ stays
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests benchmarks fits -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Rewritten whenever the locked versions or the project's own metadata change.
$(READY): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "error: no '$(PYTHON)' here; install Python 3.11 or newer" >&2; \
	  echo "hint: apt install python3 python3-venv make, or name one: PYTHON=/path/to/python3 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: reuptake needs Python 3.11 or newer ('$(PYTHON)' is $$($(PYTHON) -V 2>&1))" >&2; \
	  echo "hint: name a newer one: PYTHON=python3.12 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "error: '$(PYTHON)' cannot make virtual environments (venv or ensurepip is missing)" >&2; \
	  echo "hint: on Debian and Ubuntu: apt install python3-venv make" >&2; exit 1; }
	@echo "setting up $(VENV) (a minute or two the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
