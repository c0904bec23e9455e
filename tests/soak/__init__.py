"""A network of real reporters in hostile surroundings, and a judge that trusts none of them.

``python -m tests.soak`` runs it: every line between two parts is a proxy of ours, faults come from a table and a seed, and
what happened is read from the chain, the databases and the market's own price path.
"""
