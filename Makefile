# Two commands do everything: `make demo` and `make test`. The rest are parts of them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

root := $(CURDIR)
tc := $(root)/.toolchain
export PATH := $(tc)/bin:$(root)/.venv/bin:$(PATH)
export SOLCX_BINARY_PATH := $(tc)/solcx
export APE_DATA_FOLDER := $(tc)/ape
export XDG_CONFIG_HOME := $(tc)/xdg
export XDG_DATA_HOME := $(tc)/xdg
export HARDHAT_DISABLE_TELEMETRY_PROMPT := true
ARGS ?=

.PHONY: help setup demo test test-unit test-forge test-contracts test-chain test-differential test-consumers test-system soak prove slither mutation coverage lint format abi vectors schema gas bench system clean

help:                ## this list
	@grep -E '^[a-z-]+: .*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

setup:               ## install everything into this folder (does nothing when nothing changed)
	@tools/setup.sh

demo: setup          ## local chain, contracts, market, four reporters, a moving answer; ARGS="--duration 60" and so on
	@spotline devnet $(ARGS)

test: test-unit test-forge test-contracts test-chain test-differential test-consumers test-system  ## every test

test-unit: setup     ## pure Python, sockets blocked
	pytest -p no:ape_test -n 2 tests/unit $(ARGS)

test-forge: setup    ## Solidity fuzz and invariants
	forge test

test-contracts: setup  ## contracts through ape, on Anvil and on Hardhat
	pytest tests/contracts --network ethereum:local:foundry
	tools/on_hardhat.sh pytest tests/contracts --network ethereum:local:hardhat

test-chain: setup    ## gas limits on Anvil
	pytest -p no:ape_test tests/chain $(ARGS)

test-differential: setup  ## Python against Solidity on Anvil: random batches, recorded Chainlink rounds
	pytest -p no:ape_test tests/differential $(ARGS)

test-consumers: setup  ## unmodified third-party consumers of a Chainlink feed, Solidity 0.6 to 0.8
	pytest -p no:ape_test tests/consumers $(ARGS)

test-system: setup   ## real processes, real HTTP, a real tape
	pytest -p no:ape_test -n 2 --dist loadfile --no-loadscope-reorder tests/system $(ARGS)

soak: setup          ## chaos on four reporters for 30 minutes, the table in build/soak.md; ARGS="--minutes 3 --seed 7"
	nice python -m tests.soak $(ARGS)

prove: setup         ## halmos: every check_ of tests/solidity/proofs; ARGS="--function deep_" for the slow one
	tools/apart.sh proofs python tools/prove.py $(ARGS)

slither: setup       ## slither over contracts/
	tools/apart.sh proofs tools/slither.sh $(ARGS)

mutation: setup      ## small faults in contracts that no forge test sees; ARGS="contracts/Rounds.sol --sample 50 --seed 7"
	nice -n 19 python -m tests.mutation $(ARGS)

coverage: setup      ## of reporter/ by the unit tests, of contracts/ by the forge tests; half an hour
	mkdir -p build/coverage
	nice coverage run -m pytest -p no:ape_test tests/unit -k "not takes_less_than"
	coverage report
	nice python -m tests.mutation.covered

lint: setup          ## ruff, mypy, import rules, forge fmt
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	forge fmt --check

format: setup        ## let the formatters write
	ruff check --fix .
	ruff format .
	forge fmt

abi: setup           ## write reporter/abi from the contracts
	python tools/abi.py

vectors: setup       ## write tests/vectors again: eth-account's and ethers' signatures, funding by the Python twin
	python tools/report_vectors.py
	python tools/funding_vectors.py
	node tools/ethers_vectors.mjs

schema: setup        ## write reporter/schema/round.json, the form of round records
	python tools/round_schema.py

gas: setup           ## gas of updates and reads; rewrites build/gas.json and the tables of bench/gas.md
	forge build
	python bench/gas.py $(ARGS)

bench: setup         ## the figures to reach, each beside its goal and its peer; build/bench.json; ARGS="hot poll" for some
	@python bench $(ARGS)

system:              ## Debian packages that some tests need
	@tools/system.sh

clean:               ## remove everything that set-up and tests made
	rm -rf .venv node_modules .toolchain build artifacts cache contracts/.cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
