"""The inbox's fixtures: what time changes was first told by stations."""

from tests.inbox.conftest import clock, feed, inbox, voice, world

__all__ = ["clock", "feed", "inbox", "voice", "world"]
