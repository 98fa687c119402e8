"""What holds for every test."""

import os

from hypothesis import settings

# The same examples on every machine, so that a change is judged by itself; RIPELINE_TEST_EXPLORE=1 looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("RIPELINE_TEST_EXPLORE") else "steady")
