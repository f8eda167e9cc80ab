# Everything that one does with Chartroom. Needs Go, git and, for the race detector, gcc.

# With a different shell, pipes would hide failures.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: build demo test check fmt vet bench bench-limits bench-kill bench-damaged fuzz clean

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w $(if $(VERSION),-X main.buildVersion=$(VERSION))
FUZZTIME ?= 60s

build: ## the program, as bin/chartroom
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/chartroom ./cmd/chartroom

demo: build ## two invented custodians, surveyed
	bin/chartroom demo

test: fmt vet ## what CI runs
	$(GO) test ./...

check: fmt vet ## test, with the race detector; the lengths of files and functions are among the tests
	CGO_ENABLED=1 $(GO) test -race ./...

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

bench-damaged: ## a tree of 10,000 damaged files of every format: the books must balance
	CHARTROOM_DAMAGED="$${CHARTROOM_DAMAGED:-10000}" $(GO) test -count 1 -v -run '^TestDamagedTree$$' ./scan

fuzz: ## every fuzz function for FUZZTIME each; the first finding ends it
	@for folder in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$folder"/*_test.go); do \
			echo "$$folder $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$folder"; \
		done; \
	done

clean: ## what build and demo made
	rm -rf bin
