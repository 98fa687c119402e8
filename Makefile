# The two commands of the README, and those of whoever carries the code on.
PYTHON ?= python3
PY := .venv/bin/python
STAMP := .venv/.installed
VENDOR := ripeline/web/static/vendor/.installed

.PHONY: demo test check bench lint migration lock pictures screenshot clean

demo: $(STAMP) $(VENDOR)
	$(PY) -m ripeline demo

test: $(STAMP) $(VENDOR)
	$(PY) -m tests.run

check: $(STAMP) $(VENDOR) lint
	$(PY) -m tests.check

lint: $(STAMP)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m ripeline.manage makemigrations --check --dry-run

bench: $(STAMP)
	$(PY) -m tests.bench

screenshot: $(STAMP) $(VENDOR)
	RIPELINE_PICTURES=1 $(PY) -m pytest tests/pages/test_demo.py
	cp screenshots/readme.png docs/screenshot.png

pictures: $(STAMP) $(VENDOR)
	RIPELINE_PICTURES=1 $(PY) -m pytest tests/pages

migration: $(STAMP)  # NAME=what_changes
	$(PY) -m ripeline.manage makemigrations ripeline -n $(NAME)

lock:
	.venv/bin/pip install -q uv
	.venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv node_modules var ripeline/web/static/vendor

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ripeline needs Python 3.11 or later, and $(PYTHON) is %d.%d. Name another: make $(MAKECMDGOALS) PYTHON=python3.12" % sys.version_info[:2])'
	test -x .venv/bin/pip || $(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

$(VENDOR): package-lock.json $(STAMP)
	$(PY) -m ripeline.web.vendor
	touch $(VENDOR)
