"""Settings for the whole suite: the same examples in every run, on fast machines and slow ones."""

from hypothesis import settings

settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.load_profile("reproducible")
