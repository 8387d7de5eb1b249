# What can be done here. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
# With SCOPE_CACHE set, what is built is kept there instead of in target/: CI does that, so that a new checkout need not build polars again.
ifdef SCOPE_CACHE
export CARGO_TARGET_DIR := $(SCOPE_CACHE)/target
export PATH := $(SCOPE_CACHE)/tools/bin:$(PATH)
endif
# Node, where the machine has none that is new enough (.ci/bootstrap puts it there).
export PATH := $(or $(SCOPE_CACHE),$(HOME)/.cache/scope)/node/bin:$(PATH)
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help bootstrap toolchain ui dashboard ui-check ui-bench ui-looks run dev test check bench truth overhead fleet fuzz agent server release docs clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

toolchain: ## Install what building needs: a C compiler, and Rust where there is none
	@.ci/bootstrap build

bootstrap: ## Install what building, testing and checking need (Debian or Ubuntu, as root or with sudo)
	@.ci/bootstrap build test

UI := crates/scope-serve/ui
# Files, so that what has not changed is not built again: which is what makes cargo build the server again.
$(UI)/node_modules/.installed: $(UI)/package.json $(UI)/package-lock.json
	# Not `npm ci`: some registries lack packages for other systems that the lock file would have to name, and it refuses to go on then.
	cd $(UI) && npm install --no-save --loglevel=error
	@touch $@

UI_SOURCES := $(shell find $(UI)/src $(UI)/static $(UI)/messages $(UI)/project.inlang/settings.json -type f -not -path '*/paraglide/*' 2>/dev/null) $(wildcard $(UI)/*.ts $(UI)/*.js)
$(UI)/build/.built: $(UI)/node_modules/.installed $(UI_SOURCES)
	cd $(UI) && npm run --silent build
	@touch $@

ui: toolchain $(UI)/build/.built ## Build the page, which the server embeds

dashboard: ui ## Write the hosts page as static files for any web server, to dashboard/ in the build folder
	@rm -rf $(TARGET)/dashboard && mkdir -p $(TARGET) && cp -r $(UI)/build/hosts $(TARGET)/dashboard
	@echo "$(TARGET)/dashboard: hand these files out with any web server"

ui-check: ui ## Types, lints, format and unit tests of the page
	cd $(UI) && npm run --silent check && npm run --silent lint && npm run --silent test

# SCOPE_BIN names a command that is built already; heaps are watched for MINUTES of real time.
ui-bench: ui ## Measure what the page costs in Chromium, beside its budgets (docs/benchmarks.md)
	$(if $(SCOPE_BIN),,$(CARGO) build --locked --release -p scope-cli)
	cd $(UI) && SCOPE_BIN=$(abspath $(or $(SCOPE_BIN),$(TARGET)/release/scope)) SCOPE_BENCH_MINUTES=$(or $(MINUTES),2) npm run --silent bench

# LOOKS narrows it: LOOKS=dark-wide,de-dark-phone.
ui-looks: ui ## Take pictures of every screen of the page, in themes, sizes and languages (docs/development.md)
	$(if $(SCOPE_BIN),,$(CARGO) build --locked -p scope-cli)
	cd $(UI) && SCOPE_BIN=$(abspath $(or $(SCOPE_BIN),$(TARGET)/debug/scope)) $(if $(LOOKS),SCOPE_LOOKS=$(LOOKS)) npm run --silent looks
	@echo "$(UI)/test-results/looks/index.html"

run: toolchain ui ## Show this machine at http://127.0.0.1:4040, until Ctrl-C
	$(CARGO) build --release --locked -p scope-cli
	@echo
	$(TARGET)/release/scope serve

dev: ## Build the command quickly, for working on it
	$(CARGO) build --locked -p scope-cli

test: bootstrap ui ## Run every test, with SQL, Docker and network namespaces where the machine has them
	$(CARGO) build --locked -p scope-cli --features sql
	$(CARGO) build --locked -p scope-examples --examples
	$(CARGO) nextest run --workspace --all-features --locked $(NEXTEST_ARGS)
	$(CARGO) test --workspace --all-features --locked --doc --quiet

check: ui-check ## Format, lints with warnings denied, docs, dependency audit
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings
	$(CARGO) clippy -p scope-cli --no-default-features --locked -- -D warnings
	$(CARGO) clippy -p scope-cli --no-default-features --features collect --locked -- -D warnings
	$(CARGO) clippy -p scope-cli --no-default-features --features listen --locked -- -D warnings
	$(CARGO) clippy -p scope-cli --no-default-features --features render --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet
	.ci/audit

bench: ## Run the benches of the hot paths
	$(CARGO) bench --locked -p scope-core -p scope-collect -p scope-render

truth: bootstrap ## Compare drawn connections with known ones, on a host of its own (docs/accuracy.md)
	$(CARGO) build --locked -p scope-cli
	$(CARGO) bench --locked --profile dev -p scope-tests --bench truth

# Of the slim agent, as hosts have it; SCOPE_BIN names another.
overhead: bootstrap $(if $(SCOPE_BIN),,agent) ## Measure what the agent costs and what it induces, on a host of its own (docs/overhead.md)
	SCOPE_BIN=$(abspath $(or $(SCOPE_BIN),$(TARGET)/agent/scope)) $(CARGO) bench --locked -p scope-tests --bench agent_cost

fleet: ## Measure the server with N simulated agents of CONTAINERS each, or show them with HOLD=1 (docs/development.md)
	$(if $(URL),,$(CARGO) build --locked --release -p scope-cli)
	$(CARGO) bench --locked -p scope-tests --bench fleet -- agents=$(N) containers=$(CONTAINERS) subscribers=$(SUBSCRIBERS) secs=$(SECS) busy=$(BUSY) \
	  hold=$(HOLD) url=$(URL) token=$(TOKEN) pid=$(PID) port=$(PORT) metrics=$(METRICS)

fuzz: ## Fuzz every decoder for FUZZ_SECONDS (default 30) each; installs a nightly toolchain and cargo-fuzz where they are missing
	.ci/fuzz $${FUZZ_SECONDS:-30}

agent: ## Build the slim agent: `scope collect` alone, at most 15 MB
	$(CARGO) build --locked --profile agent -p scope-cli --no-default-features --features collect,listen,push
	@ls -l $(TARGET)/agent/scope | awk '{ printf "%s: %.1f MB\n", $$9, $$5 / 1e6 }'

server: ui ## Build the command without SQL, for servers: at most 35 MB
	$(CARGO) build --locked --profile server -p scope-cli
	@ls -l $(TARGET)/server/scope | awk '{ printf "%s: %.1f MB\n", $$9, $$5 / 1e6 }'

release: ui ## Build the command with everything in it, SQL and Parquet too
	$(CARGO) build --locked --release -p scope-cli --features sql
	@ls -l $(TARGET)/release/scope | awk '{ printf "%s: %.1f MB\n", $$9, $$5 / 1e6 }'

docs: ## Build the API documentation
	$(CARGO) doc --workspace --no-deps --locked

clean: ## Remove what was built
	$(CARGO) clean
