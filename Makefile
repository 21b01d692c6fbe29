# Everything a person does with this project. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What can be set on the command line.
HTTP ?= :8080
SMTP ?= :2525
DIR ?= .local
DATA ?=
RELAY ?=
PKG ?= ./...
FUZZTIME ?= 30s
ONLY ?=
STRICT ?=
ONLY ?=
STRICT ?=
# What was chosen at the first deployment, so that a build fits the stack.
ARCHITECTURE ?= $(or $(shell sed -n 's/.*Architecture=\\"\([a-z0-9_]*\)\\".*/\1/p' .local/deploy.toml 2>/dev/null),arm64)
STACK ?= loket
PORT ?= 3000
REPLACE ?=
EXAMPLES ?= 20
MINUTES ?= 10
SEED ?= 1
F ?=
EVENT ?= events/$(F).json

FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
# The same flags everywhere: what runs locally is what is deployed. The tag keeps net/rpc and its templates out.
FLAGS := -trimpath -buildvcs=false -ldflags="-s -w" -tags lambda.norpc
VENV := .local/venv
# With credentials in the shell SAM asks AWS about them, which takes long without a network.
OFFLINE := env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_PROFILE AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0

.PHONY: help
help: ## list what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Set on the command line: HTTP=:8081 SMTP=:2526 DIR=.local DATA=.local/data RELAY=host:25 (run), PKG=./shared/... (test, fuzz)"

# ------------------------------------------------------------------ on one machine

.PHONY: run
run: tools ## the whole product on this machine; HTTP=, SMTP=, DIR=, DATA=
	@$(MAKE) --no-print-directory local-build
	@exec "$(DIR)/bin/loket-local" -http "$(HTTP)" -smtp "$(SMTP)" -dir "$(DIR)" -bin "$(DIR)/build" -data "$(DATA)" -relay "$(RELAY)"

.PHONY: build
build: tools-go local-build ## build every function for this machine, below .local/build

.PHONY: local-build
local-build:
	@mkdir -p "$(DIR)/bin" "$(DIR)/functions"
	@CGO_ENABLED=0 go build $(FLAGS) -o "$(DIR)/functions/" $(FUNCTIONS:%=./functions/%)
	@CGO_ENABLED=0 go build $(FLAGS) -o "$(DIR)/bin/loket-local" ./infra/local
	@for f in $(FUNCTIONS); do mkdir -p "$(DIR)/build/$$f"; ln -f "$(DIR)/functions/$$f" "$(DIR)/build/$$f/bootstrap"; done

.PHONY: test
test: tools tools-cc ## all tests, race detector on, against DynamoDB Local and ElasticMQ
	go run ./infra/local/servers -- go test -race -timeout 14m $(PKG)

.PHONY: fuzz
fuzz: tools-go ## each fuzz target for FUZZTIME
	@grep -rlE '^func Fuzz' --include='*_test.go' $(patsubst %/...,%,$(PKG)) | while read -r file; do \
	  sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$$file" | while read -r target; do \
	    echo "$$(dirname "$$file") $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")"; \
	  done; done

.PHONY: bench
bench: tools ## sizes, start-up, cost, lists, speed against their budgets; ONLY=wru,zip picks rows, STRICT=1 fails on a miss
	@go run ./infra/bench -only "$(ONLY)" $(if $(filter-out 0,$(STRICT)),-strict)

.PHONY: soak
soak: tools build ## the whole product under customers, agents and ended processes for MINUTES, then every event and answer is counted; SEED=
	go run ./infra/soak -minutes "$(MINUTES)" -seed "$(SEED)" -bin "$(DIR)" -dir "$(DIR)/soak"

.PHONY: restore-drill
restore-drill: tools-go ## export the table of a running `make run`, restore it beside itself, check and compare
	@go run ./infra/restore -dir "$(DIR)" drill

.PHONY: clean
clean: ## remove what was built; fetched servers and data stay
	rm -rf .aws-sam .local/bin .local/build .local/functions

# ------------------------------------------------------------------ checks

.PHONY: lint
lint: tools-go $(VENV)/ready ## gofumpt, vet, staticcheck, and the template by SAM and cfn-lint
	@unformatted=$$(go tool gofumpt -l functions shared infra); \
	  if [ -n "$$unformatted" ]; then echo "not formatted; run go tool gofumpt -w on:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	$(OFFLINE) $(VENV)/bin/sam validate --lint --template template.yaml
	$(OFFLINE) $(VENV)/bin/cfn-lint template.yaml

.PHONY: api-check
api-check: build tools $(DIR)/venv-api-check/ready ## ask a local run all that its OpenAPI document allows; EXAMPLES=, SEED=
	@EXAMPLES="$(EXAMPLES)" SEED="$(SEED)" infra/apicheck/check.sh "$(abspath $(DIR))"

$(DIR)/venv-api-check/ready: infra/apicheck/requirements.txt
	@command -v python3 >/dev/null || { echo "python3 was not found: schemathesis needs it. Install Python 3.10 or later with venv."; exit 1; }
	@mkdir -p "$(DIR)" && python3 -m venv "$(DIR)/venv-api-check"
	"$(DIR)/venv-api-check/bin/pip" install --quiet --disable-pip-version-check -r infra/apicheck/requirements.txt
	@touch "$@"

.PHONY: vuln
vuln: tools-go ## known vulnerabilities (asks the Go vulnerability database)
	go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...

# The AWS tools, pinned, in a folder of their own.
$(VENV)/ready: infra/deploy/requirements.txt
	@command -v python3 >/dev/null || { echo "python3 was not found: SAM needs it. Install Python 3.9 or later with venv."; exit 1; }
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r infra/deploy/requirements.txt
	@touch $@

.PHONY: tools tools-go tools-cc
tools: tools-go
	@command -v java >/dev/null || { echo "java was not found: the local servers need it. Install a JDK of version 17 or later (Debian, Ubuntu: openjdk-17-jdk-headless)."; exit 1; }
	@v=$$(java -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -1); \
	  if [ -n "$$v" ] && [ "$$v" -lt 17 ]; then echo "java is of version $$v: the local servers need 17 or later."; exit 1; fi
	@command -v mvn >/dev/null || { echo "mvn was not found: it fetches the local servers. Install Maven (Debian, Ubuntu: maven)."; exit 1; }
tools-go:
	@command -v go >/dev/null || { echo "go was not found. Install Go 1.26 or later from https://go.dev/dl/."; exit 1; }
tools-cc:
	@command -v cc >/dev/null || command -v gcc >/dev/null || { echo "No C compiler was found: Go's race detector needs one (Debian, Ubuntu: gcc)."; exit 1; }

# ------------------------------------------------------------------ on AWS

.PHONY: deploy
deploy: tools-go $(VENV)/ready ## build and deploy to AWS; asks for the parameters the first time
	$(VENV)/bin/python infra/deploy/stack.py master-key "$(STACK)"
	ARCHITECTURE=$(ARCHITECTURE) $(VENV)/bin/sam build --parameter-overrides Architecture=$(ARCHITECTURE)
	@if [ -f .local/deploy.toml ]; then guided=; else guided="--guided --parameter-overrides Architecture=$(ARCHITECTURE)"; fi; \
	  $(VENV)/bin/sam deploy $$guided --config-file "$(CURDIR)/.local/deploy.toml" --stack-name "$(STACK)" --capabilities CAPABILITY_IAM --resolve-s3

.PHONY: admin-key
admin-key: tools-go $(VENV)/ready ## make an administrator's key for the deployed stack and print it
	@$(VENV)/bin/python infra/deploy/stack.py run "$(STACK)" go run ./infra/deploy/adminkey

.PHONY: ses-setup
ses-setup: tools-go $(VENV)/ready ## verify the mail domain, print its DNS records, activate the receipt rules; REPLACE=1 ends another rule set
	@$(VENV)/bin/python infra/deploy/stack.py run "$(STACK)" go run ./infra/deploy/sessetup -stack "$(STACK)" $(if $(filter-out 0,$(REPLACE)),-replace)

.PHONY: sam-build
sam-build: tools-go $(VENV)/ready ## build every function as `make deploy` does, for ARCHITECTURE
	$(OFFLINE) ARCHITECTURE=$(ARCHITECTURE) $(VENV)/bin/sam build --parameter-overrides Architecture=$(ARCHITECTURE)

# ------------------------------------------------------------------ in Lambda's own container

# Built for the processor that it runs on. The key pair is the local servers' own; SAM would ask STS about it, so STS is
# where nobody answers.
MACHINE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
SAM_LOCAL := env -u AWS_PROFILE -u AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1 \
  AWS_ENDPOINT_URL_STS=http://127.0.0.1:9 AWS_MAX_ATTEMPTS=1 SAM_CLI_TELEMETRY=0
SAM_FLAGS = --skip-pull-image --add-host host.docker.internal:host-gateway --env-vars "$(abspath $(DIR))/sam-env.json" \
  --parameter-overrides Architecture=$(MACHINE)

.PHONY: sam-local
sam-local: sam-ready ## the HTTP API in Lambda's container on PORT, on the servers of a running `make run`; needs Docker
	@$(SAM_LOCAL) $(VENV)/bin/sam local start-api --port "$(PORT)" --warm-containers LAZY $(SAM_FLAGS)

.PHONY: sam-invoke
sam-invoke: sam-ready ## run one function in Lambda's container on its event: F=router, EVENT=file; needs Docker
	@f="$(F)"; [ -f "functions/$$f/main.go" ] || { echo "Say which function: make sam-invoke F=router (one of: $(FUNCTIONS))"; exit 1; }; \
	  $(SAM_LOCAL) $(VENV)/bin/sam local invoke "$${f^}Function" -e "$(EVENT)" $(SAM_FLAGS)

.PHONY: sam-ready
sam-ready: tools-go $(VENV)/ready
	@docker info >/dev/null 2>&1 || { echo "Docker does not answer: sam local runs functions in Lambda's container. Install and start Docker, or use \`make run\`, which needs none."; exit 1; }
	@umask 077; go run ./infra/samlocal -dir "$(DIR)" >"$(DIR)/sam-env.json"
	@$(OFFLINE) ARCHITECTURE=$(MACHINE) $(VENV)/bin/sam build --parameter-overrides Architecture=$(MACHINE) >"$(DIR)/sam-build.log" 2>&1 || { cat "$(DIR)/sam-build.log"; exit 1; }

# SAM calls these, one a function: build-WebhookFunction for functions/webhook.
build-%Function:
	@name=$$(echo "$*" | tr '[:upper:]' '[:lower:]'); \
	  CGO_ENABLED=0 GOOS=linux GOARCH=$(if $(filter x86_64,$(ARCHITECTURE)),amd64,arm64) \
	  go build $(FLAGS) -o "$(ARTIFACTS_DIR)/bootstrap" "./functions/$$name"
