"""Research on prices and depth: pure functions, exact or with their precision stated, no I/O and no float.

Nothing here is signed or published; it judges methods and venues (METHODOLOGY.md, Limits).
"""
