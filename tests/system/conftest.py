"""Fixtures of more than one file."""

from tests.system.remotes import a_server

__all__ = ["a_server"]
