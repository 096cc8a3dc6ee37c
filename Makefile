# Everything here works on a fresh machine with Python 3.11 or newer and make.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
LOCAL := set -a; [ ! -f .env ] || . ./.env; set +a;

export OMP_NUM_THREADS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo demo-films test test-sqlite test-postgres lint format bench serve worker gpu-worker messages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo ## Install, train the small systems, open two campaigns and serve them on PORT (8000) until Ctrl-C
	@$(PY) -m demo.launch --port $(PORT) $(if $(DEMO_EXIT),--exit)

test: $(VENV)/test ## Run every test: SQLite and PostgreSQL, real workers, a real browser
	@$(PY) -m tests.parts

test-sqlite: $(VENV)/test ## The part of the tests that needs no second database
	@$(PY) -m tests.parts sqlite

test-postgres: $(VENV)/test ## The web side's tests on PostgreSQL
	@$(PY) -m tests.parts postgres

lint: $(VENV)/dev ## Style, types, import rules
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports --no-logo

format: $(VENV)/dev ## Put the style right
	@$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

bench: $(VENV)/test ## Print every figure the README quotes
	@$(PY) -m benchmarks

serve: $(VENV)/web ## Serve the site as .env says
	@$(LOCAL) $(PY) manage.py migrate --verbosity 0 && $(PY) manage.py collectstatic --noinput --verbosity 0 \
		&& exec $(VENV)/bin/gunicorn evalsite.wsgi --bind 127.0.0.1:$(PORT) --workers 3 --threads 4 --no-control-socket

worker: $(VENV)/web ## Run the worker that stores outputs (queue web)
	@$(LOCAL) exec $(VENV)/bin/celery -A evalsite worker -Q web -n web@%h --concurrency 1 --loglevel INFO

gpu-worker: $(VENV)/generation ## Run the worker that generates (queue gpu); needs no Django
	@$(LOCAL) exec $(VENV)/bin/celery -A generation.tasks worker -Q gpu -n gpu@%h --pool solo --loglevel INFO

demo-films: $(VENV)/dev ## Draw the demo's frames anew
	@$(PY) -m demo.films demo/corpus/frames

messages: $(VENV)/web ## Collect and compile the translations (needs GNU gettext)
	@DEBUG=1 $(PY) manage.py makemessages -l zh_Hans --no-location --no-obsolete \
		-i .venv -i var -i build -i tests -i demo -i generation -i benchmarks -i static
	@cd evalsite && DEBUG=1 ../$(PY) ../manage.py compilemessages

clean: ## Remove what was made here: environment, database, checkpoints
	rm -rf $(VENV) var build *.egg-info

$(PY):
	$(PYTHON) -m venv $(VENV)

# One stamp a set of packages; a changed pyproject.toml installs again.
$(VENV)/web: $(PY) pyproject.toml
	$(PIP) -e .
	@touch $@

$(VENV)/generation: $(PY) pyproject.toml
	$(PIP) -e ".[generation]"
	@touch $@

$(VENV)/demo: $(VENV)/generation
	@touch $@

$(VENV)/test: $(PY) pyproject.toml tests/packages.sh
	$(PIP) -e ".[generation,test,dev]"
	sh tests/packages.sh
	@touch $@ $(VENV)/web $(VENV)/generation $(VENV)/dev

$(VENV)/dev: $(PY) pyproject.toml
	$(PIP) -e ".[generation,test,dev]"
	@touch $@
