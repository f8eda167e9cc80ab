# Everything that one does with Chartroom. Needs Go, git and, for the race detector, gcc.

# With a different shell, pipes would hide failures.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: shots build demo test check oracle fmt vet bench bench-limits bench-kill bench-fleet bench-damaged bench-bombs fuzz deps clean

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w $(if $(VERSION),-X main.buildVersion=$(VERSION))
FUZZTIME ?= 60s
FUZZ     ?= .
CACHE    ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/chartroom

export PATH := $(CACHE)/bin:$(PATH)

build: ## the program, as bin/chartroom
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/chartroom ./cmd/chartroom

demo: build ## two invented custodians, surveyed
	bin/chartroom demo

test: fmt vet deps ## what CI runs
	$(GO) test ./...

check: fmt vet deps ## test, with the race detector; the lengths of files and functions are among the tests
	CGO_ENABLED=1 $(GO) test -race ./...

oracle: deps ## who may read what, held against real servers: ten million questions
	CHARTROOM_ORACLE=full $(GO) test -count 1 -v -timeout 2h -run Oracle ./access/...

deps: ## servers that the tests start, and a browser, where they can be had; without one its tests are skipped
	@command -v versitygw >/dev/null || GOBIN='$(CACHE)/bin' $(GO) install github.com/versity/versitygw/cmd/versitygw@v1.8.0 || \
		echo 'versitygw could not be installed; the tests of S3 are skipped'
	@for server in initdb:postgresql mariadbd:mariadb-server chromium:chromium; do \
		program="$${server%%:*}"; package="$${server##*:}"; \
		there() { command -v "$$program" || compgen -G "/usr/lib/postgresql/*/bin/$$program" || compgen -G "/usr/sbin/$$program"; }; \
		there >/dev/null && continue; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			export DEBIAN_FRONTEND=noninteractive; \
			apt-get install -y -qq "$$package" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq "$$package"; } >/dev/null 2>&1 || true; \
		fi; \
		there >/dev/null || echo "$$package could not be installed; the tests that need it are skipped"; \
	done
	@mkdir -p '$(CACHE)/browser' && cp web/browser/package.json web/browser/package-lock.json '$(CACHE)/browser/' && \
		if ! cmp -s web/browser/package-lock.json '$(CACHE)/browser/installed'; then \
			(cd '$(CACHE)/browser' && npm ci --silent --no-audit --no-fund && cp package-lock.json installed) || \
				echo 'what drives the browser could not be installed; the tests of the web room in a browser are skipped'; \
		fi

shots: deps ## the pictures of the web room, as its test takes them: bin/shots
	CHARTROOM_SHOTS='$(CURDIR)/bin/shots' $(GO) test -count 1 -run '^TestRoom$$' ./web/browser

fmt:
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./...

bench: ## speed beside ripgrep and other scanners; see bench/run.sh for its settings
	sh bench/run.sh

bench-limits: ## peak memory on huge inputs; needs about 12 GB of disk
	sh bench/limits.sh

bench-kill: ## scans killed at random moments, then resumed
	sh bench/kill.sh

bench-fleet: ## surveys of a fleet whose nodes, hub, workers and links are lost at random moments
	sh bench/fleet.sh

bench-damaged: ## a tree of 10,000 damaged files of every format: the books must balance
	CHARTROOM_DAMAGED="$${CHARTROOM_DAMAGED:-10000}" $(GO) test -count 1 -v -run '^TestDamagedTree$$' ./scan

bench-bombs: ## what is made to exhaust readers, up to a gigabyte each: time and memory
	CHARTROOM_BOMBS=all $(GO) test -count 1 -v -run '^(TestEveryBombEndsAsAGap|TestEndlessThingsEndAsAGap)$$' ./scan

# At the end of its time go test may tell of nothing but that: "context deadline exceeded". Only that is no finding.
fuzz: ## every fuzz function for FUZZTIME each; the first finding ends it
	@log="$$(mktemp)"; trap 'rm -f "$$log"' EXIT; \
	for folder in $$(grep -rl --include='*_test.go' '^func Fuzz' $(FUZZ) | xargs -n 1 dirname | sort -u); do \
		for name in $$(cat "$$folder"/*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p'); do \
			echo "$$folder $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "./$${folder}" | tee "$$log" || \
				{ grep -q 'context deadline exceeded' "$$log" && ! grep -q 'Failing input\|panic' "$$log" || exit 1; }; \
		done; \
	done

clean: ## what build and demo made
	rm -rf bin
