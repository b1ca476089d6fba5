# What people type. Meson and the scripts in tools/ do the work; `make` alone lists the targets.
#
# Variables: B=folder of the build, R=folder of the optimised one, KAFKA=HOST:PORT of a cluster for `make kafka-test`,
# SECONDS_EACH=time of each fuzz target and SEED=number that it begins with, QUERIES and ENGINES of `make queries`, PREFIX and DESTDIR for install.

B := build
R := $(B)-release
SECONDS_EACH ?= 20
QUERIES ?= 20000
ENGINES ?= sqlite,postgres,mariadb,duckdb,clickhouse
PREFIX ?= /usr/local
DESTDIR ?=
# Address randomisation of newer kernels leaves the thread sanitizer no room; some containers forbid to change it.
NO_RANDOM := $(shell setarch -R true 2>/dev/null && echo setarch -R)

# Packages first, then Meson, then Ninja, also under `make -j`.
.NOTPARALLEL:

help:
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1	/p' Makefile | expand -t 24

run: deps-build deps-web deps-demo $(B)/build.ninja  ## move the demo company's datasets, prove it, and keep serving
	@ninja -C $(B) honk
	@exec $(B)/honk demo

test: deps-test build  ## every test; ends with `N passed, N failed`
	@tools/run-tests $(B) --no-suite crash --no-suite browser --no-suite e2e --no-suite backstage

build: deps-build deps-web $(B)/build.ninja  ## compile the program (build/honk) and its tests
	@ninja -C $(B)

browser: deps-browser build  ## one way through the portal in a real browser: read, approve, start, roll back
	@tools/run-tests $(B) --suite browser

backstage-test: build  ## Honk's plugins in a real backend of Backstage (installs 0.7 GB of packages the first time)
	@web/backstage/tools/install backend
	@tools/run-tests $(B) --suite backstage

backstage: build  ## a Backstage with Honk's plugins and the demo company, until Ctrl-C (installs 1.1 GB the first time)
	@web/backstage/tools/install all
	@web/backstage/tools/node web/backstage/tools/build-app.mjs
	@exec web/backstage/tools/node web/backstage/e2e/run.mjs

e2e: deps-browser build  ## the long suites in a browser: the portal, with a server that dies and a canary that fails; Backstage
	@web/backstage/tools/install all
	@web/backstage/tools/node web/backstage/tools/build-app.mjs
	@tools/run-tests $(B) --suite browser --suite e2e

agents-test: deps-test deps-web build  ## other people's SDKs, tools and agents against ours (installs 0.6 GB of packages the first time)
	@mkdir -p $(B)/agents && cp tests/agents/package.json tests/agents/*.mjs $(B)/agents
	@cd $(B)/agents && npm install --no-audit --no-fund --silent
	@HONK=$(CURDIR)/$(B)/honk AGENTS=$(CURDIR)/$(B)/agents python3 tests/agents/test_agents.py

hosts-test: deps-test deps-web build  ## our calls of GitHub and Gitea against their published descriptions (installs 0.4 GB the first time)
	@mkdir -p $(B)/hosts && cp tests/hosts/package.json $(B)/hosts
	@cd $(B)/hosts && npm install --no-audit --no-fund --silent
	@HONK=$(CURDIR)/$(B)/honk HOSTS=$(CURDIR)/$(B)/hosts python3 tests/hosts/test_hosts.py

dbt-test: deps-test build  ## dbt builds projects before and after they are rewritten, in DuckDB (installs 0.2 GB from PyPI the first time)
	@test -x $(B)/dbt/bin/python || python3 -m venv $(B)/dbt
	@$(B)/dbt/bin/pip install --quiet --disable-pip-version-check -r tests/dbt/requirements.txt
	@HONK=$(CURDIR)/$(B)/honk DBT=$(CURDIR)/$(B)/dbt/bin/dbt $(B)/dbt/bin/python tests/dbt/test_dbt.py

kafka-test: deps-test build  ## what speaks with Kafka, against a real one (fetches Apache Kafka, 0.1 GB, the first time), or yours: KAFKA=HOST:PORT
	@test -n "$(KAFKA)" || tools/install-deps kafka
	@tools/kafka-test $(B) $(KAFKA)

crash: deps-test build  ## kill the program at every point and recover (takes longer)
	@tools/run-tests $(B) --suite crash

asan: deps-test deps-fuzz $(B)-asan/build.ninja  ## unit and simulator tests under the address and undefined sanitizers
	@ninja -C $(B)-asan
	@UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 tools/run-tests $(B)-asan -t 5 $(SUITES)

tsan: deps-test $(B)-tsan/build.ninja  ## those of them that start threads, under the thread sanitizer
	@ninja -C $(B)-tsan
	@TSAN_OPTIONS="suppressions='$(CURDIR)/tests/tsan.supp'" $(NO_RANDOM) tools/run-tests $(B)-tsan -t 5 $(THREADED)

fuzz: deps-fuzz $(B)-asan/build.ninja  ## throw bad input at every parser (SECONDS_EACH=20)
	@ninja -C $(B)-asan fuzzers
	@tools/fuzz $(B)-asan $(SECONDS_EACH) $(SEED)

queries: build  ## random queries in SQLite, PostgreSQL, MariaDB, DuckDB and ClickHouse (where they are): what is rewritten gives the same rows (QUERIES=20000)
	@cd tests/integration && HONK=$(CURDIR)/$(B)/honk QUERIES=$(QUERIES) ENGINES=$(ENGINES) python3 test_queries.py

campaign: build  ## move 2,000 small datasets as one campaign, compare every row, and take all of it back
	@bench/campaign/campaign.py $(B)/honk

bench-fleet: build  ## 1,800 generated repositories: from the entity to branches, every file compared with what is true
	@bench/fleet/fleet.py $(B)/honk

release: deps-build deps-web $(R)/build.ninja  ## compile the optimised program, which is installed and measured
	@ninja -C $(R) honk

bench: deps-bench release  ## measure it
	@meson test -C $(R) --benchmark --verbose

lint: deps-lint build layers  ## formatting and static analysis
	@tools/lint $(B)

types: build    ## write docs/types.md anew, from what the program knows
	@$(B)/honk mapping types >docs/types.md

layers:         ## check who includes whom
	@tools/check-layers

shape:          ## how long functions and files are
	@tools/shape

install: release  ## install it below PREFIX=/usr/local (and DESTDIR)
	@meson configure $(R) -Dprefix=$(PREFIX)
	@ninja -C $(R) honk tools/honk.1 tools/honk
	@DESTDIR=$(DESTDIR) meson install -C $(R) --no-rebuild

clean:          ## remove all builds
	@rm -rf $(B) $(R) $(B)-asan $(B)-tsan $(B)-gcc

# The suites that run in one process and do not take minutes under a sanitizer.
# What is `alone` starts no thread. Pairs of stores run the same code as the stores one by one, the rehearsal that of all other actions, and growth that of the rewriter's other tests.
SANITIZED := --suite unit --suite driver --suite action --no-suite pairs --no-suite rehearsal --no-suite growth
THREADED := $(SANITIZED) --no-suite alone
SUITES := $(SANITIZED) --suite sim --suite golden --suite fuzz

# Meson's own words are in its log. A run that was interrupted may have left half a folder, which it would take for whole.
define configure
	@echo "configuring $(@D)"
	@rm -rf $(@D)/meson-private
	@$(1) meson setup $(@D) $(2) >/dev/null || { tail -n 20 $(@D)/meson-logs/meson-log.txt; exit 1; }
endef

$(B)/build.ninja:
	$(call configure,,$(MESON_OPTIONS))
# One build for clang's warnings, the sanitizers and the fuzz targets.
$(B)-asan/build.ninja:
	$(call configure,CC="$$(command -v ccache) clang",-Dfuzz=true -Db_sanitize=address$(comma)undefined -Db_lundef=false -Doptimization=1 $(MESON_OPTIONS))
$(B)-tsan/build.ninja:
	$(call configure,,-Db_sanitize=thread -Doptimization=1 $(MESON_OPTIONS))
$(R)/build.ninja:
	$(call configure,,$$(tools/release-options) $(MESON_OPTIONS))
comma := ,

deps-%: ; @tools/install-deps $*
# Without these everything else works: what is left out is said in a line.
deps-demo: ; @tools/install-deps demo || echo "the demo's coding agent is left out: bubblewrap could not be installed"
deps-web: ; @tools/install-deps web || echo "the portal is left out: node and npm could not be installed"

.PHONY: help agents-test dbt-test hosts-test kafka-test build run test browser backstage backstage-test e2e crash campaign bench-fleet asan tsan fuzz release bench lint types layers shape install clean
