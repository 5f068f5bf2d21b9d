"""The inbox's fixtures, and the office's."""

from tests.documents.conftest import office
from tests.inbox.conftest import clock, feed, inbox, voice, world

__all__ = ["clock", "feed", "inbox", "office", "voice", "world"]
