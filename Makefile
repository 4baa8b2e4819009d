# SPDX-License-Identifier: BSD-2-Clause
#
# Thin wrappers: meson builds, scripts/ does the rest.
#
#	make			build/spate
#	make demo		two real hosts talk through Spate
#	make test		everything; ends with "N passed, M failed"
#	make test SAN=address	the same under address + undefined sanitizers
#	make test SAN=thread	the same under the thread sanitizer
#	make check		format, layering, headers, sizes, models
#	make fuzz FUZZ_TIME=60	seconds for each fuzz target
#	make long		the simulator: 10,000 seeds, millions of packets
#	make differ		fast path against stages: a million packets
#	make bench		all, and a table: build-bench/bench.html
#	make bench BENCH="path/churn net/route_peers"	some
#	make install		DESTDIR and PREFIX as usual
#	make deps		installs the packages that are missing
#	make format		applies .clang-format
#	make clean
#
# CC is honoured, e.g. make CC=clang.

SAN =
BUILD = build$(if $(SAN),-$(SAN))
PREFIX = /usr/local
export PREFIX
FUZZ_TIME = 60
# An ordinary user gets the demo inside a user namespace.
DEMO = $(if $(filter 0,$(shell id -u)),,--unprivileged)

# make's own default, "cc", is nobody's wish.
ifneq ($(origin CC),default)
export CC
else
unexport CC
endif

all:
	@scripts/deps.sh --missing build
	@TARGETS=spate scripts/build $(BUILD) $(SAN)

demo:
	@scripts/deps.sh build demo
	@TARGETS=spate scripts/build $(BUILD) $(SAN)
	@exec ./$(BUILD)/spate demo $(DEMO)

test:
	@scripts/deps.sh build test demo
	@exec scripts/test $(BUILD) $(SAN)

long:
	@scripts/deps.sh build test
	@scripts/build $(BUILD) $(SAN)
	@exec scripts/long $(BUILD)

differ:
	@scripts/deps.sh build test
	@TARGETS=tests/unit/top_fast scripts/build $(BUILD) $(SAN)
	@SPATE_SEEDS=1000 $(BUILD)/tests/unit/top_fast

check:
	@scripts/deps.sh build test
	@exec scripts/check

bench:
	@scripts/deps.sh build bench
	@scripts/build build-bench "" -Dbuildtype=release
	@exec scripts/bench build-bench $(BENCH)

fuzz:
	@scripts/deps.sh build test
	@exec scripts/fuzz $(FUZZ_TIME)

install: all
	@meson install -C $(BUILD) --no-rebuild --quiet

deps:
	@scripts/deps.sh build test demo bench

format:
	@scripts/format

clean:
	rm -rf build build-*

.PHONY: all demo test long differ check bench fuzz install deps format clean
