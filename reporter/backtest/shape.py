"""The shape of a method, and the methods that a table compares with ours: those of ``reporter.methods``."""

from reporter.methods import METHODS, Method, Result, Sample, State

__all__ = ["METHODS", "Method", "Result", "Sample", "State"]
