"""Where station events are decided: once, in order, durably, then answered."""

from app.inbox.inbox import Inbox

__all__ = ["Inbox"]
