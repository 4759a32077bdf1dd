"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# No test may depend on how fast the machine is: neither by a deadline for an example, nor for the data of one.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
