# Shortcuts for an environment made by ./scripts/setup dev and activated.

.PHONY: check format unit e2e test bench bugs lock requirements

check:
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	python scripts/requirements_table.py --check
	python -m pytest -q tests/house

format:
	ruff check --fix .
	ruff format .

unit:
	python -m pytest -q -n 2 tests/unit tests/contract

e2e:
	python -m pytest -q tests/e2e

test:
	./scripts/test

bench:
	python -m benchmarks.smoke

bugs:
	python -m scripts.planted_bugs

lock:
	python scripts/lock.py

requirements:
	python scripts/requirements_table.py
