"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# No test may depend on how fast the machine is, so no example has a deadline.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
