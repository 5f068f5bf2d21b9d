"""Requests to stations as the JSON of a command's row, and back."""

from collections.abc import Mapping
from datetime import datetime

from cattrs import Converter

from app.domain.request import REQUESTS, StationRequest

_CONVERTER = Converter()
_CONVERTER.register_unstructure_hook(datetime, datetime.isoformat)
_CONVERTER.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))


def body_json(body: StationRequest) -> dict[str, object]:
    """A request's fields as JSON values; `body_from_json` reads them back."""
    fields: dict[str, object] = _CONVERTER.unstructure(body)
    return fields


def body_from_json(action: str, fields: Mapping[str, object]) -> StationRequest:
    """The request behind a stored row."""
    return _CONVERTER.structure(fields, REQUESTS[action])
