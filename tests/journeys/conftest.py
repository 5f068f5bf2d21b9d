"""The inbox's fixtures behind a real gateway."""

from tests.inbox.conftest import feed, world

__all__ = ["feed", "world"]
