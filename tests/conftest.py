"""One profile for every property test: these machines are shared, so no time limit an example."""

from hypothesis import settings

settings.register_profile("spotline", deadline=None)
settings.load_profile("spotline")
