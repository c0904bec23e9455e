"""``spotline analyse``: the figures of ``reporter.research``, from a tape or from a file of depths.

Each file answers one question: it reads, asks the pure functions, and says the answer as a document (ppm, ms and
decimal text, no float) and as lines for a person.
"""
