"""Mutation test of the contracts: `make mutation ARGS=contracts/Rounds.sol`.

A mutant is a contract with one small fault. If every test passes all the same, the tests have a hole there, or the fault
makes no difference.
"""
