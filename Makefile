# Two commands do all the set-up on a fresh machine: `make chat` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= .tanya

.PHONY: chat test bench train picture clean

chat: $(VENV)/installed
	@$(BIN)/tanya chat --samples --data-dir $(DATA)

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest

bench: $(VENV)/installed-bench
	$(BIN)/python -m tests.bench.run

train: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train]'
	$(BIN)/python -m bot.reader.train --data ../shared/training --corpus ../shared/corpus --work .train --resume

picture: $(VENV)/installed-dev
	$(BIN)/python docs/picture.py
	$(BIN)/python docs/telegram_picture.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

clean:
	rm -rf $(VENV) $(DATA)
