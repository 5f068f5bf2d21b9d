"""How clients speak: one typed GraphQL schema over HTTP, WebSocket and server-sent events."""

from schema import enums

__all__ = ["enums"]  # first of all: strawberry takes an enum as it is when it first meets it
