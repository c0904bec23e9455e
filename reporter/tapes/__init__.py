"""Tapes: recorded quotes as one stream, in the order in which they arrived, whatever the file's form.

``open_tape`` finds out the form by the file's first line; ``TapeWriter`` writes our own.
"""

from reporter.tapes.reader import RecordedTape, open_tape
from reporter.tapes.writer import TapeWriter

__all__ = ["RecordedTape", "TapeWriter", "open_tape"]
