# Two commands do everything on a machine with Python 3.11, make and a network:
#   make demo   the main job, from a flow file to reconciled, in a scratch home
#   make test   lint, types, import boundaries and every test
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test lint docs fixtures tables bench night matching movements mutants soak fuzz lock clean

demo: .venv/ready
	@$(BIN)/python -m banksim.demo

test: lint
	$(BIN)/pytest -n 2 --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/ready ## rewrites the pages that come from the declarations, then builds the site: docs/_build/index.html
	$(BIN)/python -m docs.make
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --jobs 2 --builder html docs docs/_build

fixtures: .venv/ready ## writes the flow files again, byte for byte
	$(BIN)/python -m fixtures.make
	$(BIN)/python -m fixtures.campi

tables: .venv/ready ## writes the table of holidays from the library
	$(BIN)/python -m tables.make

bench: .venv/ready ## ratios to a bare slice loop, and to the bare disk, measured in one run
	$(BIN)/python -m bench.lint
	$(BIN)/python -m bench.dispatch

night: .venv/ready ## outcomes and movements against many orders, in one run of cbi reconcile; ORDERS=… for how many
	$(BIN)/python -m bench.notte $(or $(ORDERS),20000)

matching: .venv/ready ## how well damaged outcomes find their orders: precision, recall, seconds; SEED=… for another
	$(BIN)/python -m bench.abbinamento --seed $(or $(SEED),1)

movements: .venv/ready ## how long a page of movements takes, by each filter, among so many; MOVEMENTS=… for how many
	$(BIN)/python -m bench.movimenti $(or $(MOVEMENTS),100000)

mutants: .venv/ready ## how many changes to the rules no test notices, of a sample; SEED=… for another
	$(BIN)/python -m bench.mutants --seed $(or $(SEED),1)

soak: .venv/ready ## the long properties: 10,000 flows per kind, every byte of every fixture, every call to the disk
	CBI_SOAK=1 $(BIN)/pytest -n 2 --dist worksteal -m "long or not long"

fuzz: .venv/ready ## ten million inputs over the readers, over as many sessions as it takes
	$(BIN)/python -m fuzz.run

.venv/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lock: ## needs pip-tools; names no index
	pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --no-annotate -o requirements.lock pyproject.toml
	pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --no-annotate --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis demo-home
