"""Live updates: newest state wins, a slow watcher slows nobody, a lost message is a gap that heals."""

from app.feed.change import Change, Noun
from app.feed.feed import Feed, Watch

__all__ = ["Change", "Feed", "Noun", "Watch"]
