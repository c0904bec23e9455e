"""How fast a perpetual's price comes back to its index, and what funding has to do with it.

Money, premiums and rates are integers and come from the same functions as everywhere else. Statistics of a finished run,
and the noise that drives a simulated one, are floats: no price is made of them.
"""
