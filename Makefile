# Two commands matter: `make demo` and `make test`. Each sets up all it needs.

PYTHON ?= python3
BIN := .venv/bin
# The packages of the distribution that pip does not bring. The second line is for the tests alone.
NEEDS := haproxy
TEST_NEEDS := haproxy postgresql spin gcc libc6-dev

.PHONY: help demo demo-down test test-long matrix check format bench docs setup test-setup clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | column -t -s:

demo: setup ## A rack that updates itself under load, before your eyes
	@$(BIN)/python -m demo

demo-down: ## Take the demo's rack down and remove it
	@$(BIN)/python -m demo down

test: setup test-setup check ## Format, lint, types, import directions, and all tests
	@$(BIN)/pytest -q -n 4 --dist worksteal -m "not long" --ignore tests/system
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "not long" tests/system

# What waits for real has the machine to itself; what only computes shares it.
test-long: setup test-setup ## The tests that take longer, within two hours on two processors
	@$(BIN)/pytest -q -n auto --dist worksteal -m long --ignore tests/system
	@$(BIN)/pytest -q -m long tests/system

matrix: setup test-setup ## Strike an update by every fault in every step, and write docs/crash-matrix.md
	@$(BIN)/pytest -q -s -m long tests/system/test_crash_matrix.py

check: setup ## Format, lint, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: setup ## Put the code into the one form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## Measure, as ratios in one run
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.rolls
	@$(BIN)/python -m benchmarks.scale --most 10000

docs: setup ## Draw the state diagrams from the transition tables
	@$(BIN)/python docs/draw_states.py

setup: .venv/ready ## Install what all of these need
	@$(PYTHON) tools/distribution.py $(NEEDS)

test-setup:
	@$(PYTHON) tools/distribution.py $(TEST_NEEDS)

.venv/ready: requirements/dev.txt pyproject.toml
	@echo "Setting up .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## Remove what was built here
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache
