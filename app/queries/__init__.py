"""What a person may read: keyword-only functions, `Scope` first, frozen values out, one short transaction each."""

from app.store.database import Database

__all__ = ["Database"]
