# make run     the main job: makes the sites below out/, writes their reports, says where they are
# make test    every test at the counts `make test` states, on SQLite and again on PostgreSQL
# make check   ruff, mypy, floors of imports, the pack, the catalogue of messages, the documents
# make proof   the tests at full counts      make bench   what is fast, against what

PYTHON ?=
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
BIN := .venv/bin
TEST_PROCESSES ?= 2
OUT ?= out

.DEFAULT_GOAL := help
.PHONY: help setup run test check proof bench clean

help:
	@sed -n 's/^# //p' Makefile | head -4

.venv/setup-done: pyproject.toml uv.lock package-lock.json scripts/setup scripts/assets scripts/vega
	@scripts/setup "$(PYTHON)"
	@touch $@

src/tienbo/locale/vi/LC_MESSAGES/django.mo: src/tienbo/locale/vi/LC_MESSAGES/django.po | .venv/setup-done
	@$(BIN)/python scripts/messages compile

setup: .venv/setup-done src/tienbo/locale/vi/LC_MESSAGES/django.mo

run: setup
	@scripts/run "$(OUT)"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/tienbo check
	$(BIN)/python scripts/messages missing
	$(BIN)/python scripts/docs-check

test: setup
	@scripts/debian postgresql libreoffice-writer libreoffice-calc poppler-utils chromium gcc libc6-dev
	$(BIN)/pytest -q -n $(TEST_PROCESSES)
	scripts/test-postgresql -q -n $(TEST_PROCESSES)

proof: setup
	@scripts/debian postgresql libreoffice-writer libreoffice-calc poppler-utils chromium gcc libc6-dev
	TIENBO_PROOF=1 $(BIN)/pytest -q -n $(TEST_PROCESSES)
	TIENBO_PROOF=1 scripts/test-postgresql -q -n $(TEST_PROCESSES)

bench: setup
	$(BIN)/python -m bench

clean:
	rm -rf out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
