"""The record of a signed observation: one JSON document from which anyone recomputes what was signed.

``document`` writes it, ``form`` is its shape (and the JSON Schema ``reporter/schema/round.json``), ``parse`` reads it,
``verify`` recomputes it. Pure: no file, no clock, no network.
"""
