"""Reading leniently: what real chargers send is repaired where its meaning is plain, and every repair is named.

Rows of the field reports this answers: NUL and control characters, invalid UTF-8, lone surrogates, null payloads,
vendor properties, numbers for strings and strings for numbers, unknown enum values, texts longer than allowed,
timestamps without a zone or without sense.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import orjson
from jsonschema_rs import ValidationError, Validator
from jsonschema_rs import ValidationErrorKind as Kind

from app.domain.quirk import quirk_of
from app.domain.typed_code import concealed
from gateway.limits import MAX_NESTING, MAX_PROBLEMS, PROBLEM_LENGTH, REPAIR_PASSES, TOLERATED_TEXT
from gateway.mending import mended

# Tab and line ends are text; PostgreSQL refuses only NUL, terminals and reports suffer from the rest.
_CONTROLS = dict.fromkeys(code for code in (*range(0x20), 0x7F) if code not in (0x09, 0x0A, 0x0D))
# Inside a string a raw control character is invalid JSON; outside it is white space, so a space serves both.
_RAW_CONTROLS = bytes(0x20 if code < 0x20 else code for code in range(256))
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BOM = b"\xef\xbb\xbf"


def parse_json(raw: bytes, *, mend: bool = False) -> tuple[object, tuple[str, ...]]:
    """The value of a frame and what was repaired in its text; (None, (why,)) when it is beyond repair.

    A frame is never the JSON value null alone, so None is free to mean failure. ``mend``: broken JSON may be mended,
    too, because the station is known for it.
    """
    problems: tuple[str, ...] = ()
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        text = raw.removeprefix(_BOM).translate(_RAW_CONTROLS).decode("utf-8", "replace")
        repaired = _LONE_SURROGATE.sub(r"\\ufffd", text)
        try:
            value = orjson.loads(repaired)
            problems = ("BAD_CHARACTERS: invalid characters replaced",)
        except (orjson.JSONDecodeError, RecursionError):
            value = mended(raw) if mend else None
            if value is None:
                return None, ("BROKEN_FRAME: not readable as JSON",)
            problems = ("REPAIR_JSON: broken JSON mended",)
    # One byte is found far faster than four, and hardly any frame has a backslash at all.
    if b"\\" in raw and b"\\u00" in raw:
        if too_deep(value):
            return None, ("nested too deeply to clean",)
        cleaned = _cleaned(value)
        if cleaned is not value:
            return cleaned, (*problems, "BAD_CHARACTERS: control characters removed")
    return (value, problems) if value is not None else (None, ("BROKEN_FRAME: not a JSON array",))


def doubled_key(raw: bytes, value: object) -> str | None:
    """How a frame names a field twice: the problem, None when it does not. Parsers disagree about which one counts.

    Writing the value again shows at once whether a name was lost; only then is the text read a second, slower time.
    Where nothing is escaped, the colons within texts are as many in both.
    """
    mark = b'":' if b"\\" in raw else b":"
    try:
        if raw.count(mark) == orjson.dumps(value).count(mark):
            return None
    except orjson.JSONEncodeError:
        return None  # too deep to be written again; such a frame is refused for its depth
    found: list[bool] = []

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        made: dict[str, object] = {}
        for name, item in items:
            if name in made:
                found.append(made[name] == item)
            made[name] = item
        return made

    try:
        json.loads(raw.decode("utf-8", "replace"), object_pairs_hook=pairs, strict=False)
    except (ValueError, RecursionError):
        return None
    if not found:
        return None
    return SAME_TWICE if all(found) else OTHER_TWICE


SAME_TWICE = "DUPLICATE_KEYS: the same field twice, with the same value"
OTHER_TWICE = "DUPLICATE_KEYS: the same field twice, with different values"


def too_deep(value: object, limit: int = MAX_NESTING) -> bool:
    """Whether a value nests deeper than any message needs."""
    level: list[object] = [value]
    for _ in range(limit):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(child for child in node.values() if isinstance(child, dict | list))
            elif isinstance(node, list):
                below.extend(child for child in node if isinstance(child, dict | list))
        if not below:
            return False
        level = below
    return True


def _cleaned(value: object) -> object:
    """The same value without control characters in any string; the very same object when there was none."""
    if isinstance(value, str):
        cleaned = value.translate(_CONTROLS)
        return value if cleaned == value else cleaned
    if isinstance(value, list):
        items = [_cleaned(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = [(_cleaned(name), _cleaned(item)) for name, item in value.items()]
        same = all(new[0] is old[0] and new[1] is old[1] for new, old in zip(pairs, value.items(), strict=True))
        return value if same else dict(pairs)
    return value


def journal_text(raw: bytes) -> str:
    """A frame as text that PostgreSQL stores: no NUL, no lone surrogate, and no code that somebody typed in."""
    text = raw.decode("utf-8", "replace").replace("\0", "\ufffd")
    # Two searches that hardly ever find anything; what they do find is looked at in peace.
    return concealed(text) if "eyCode" in text or "eycode" in text or '"PIN"' in text else text


def plain(problem: str) -> str:
    """A problem without the code it begins with: what a station, or a person who asked it something, is told."""
    return problem.partition(": ")[2] if quirk_of(problem) is not None else problem


class Problems(list[str]):
    """A short list of short texts: what an arrival tolerated. ``zone`` is that of times without one."""

    zone: tzinfo = UTC

    def note(self, text: str) -> None:
        if len(self) < MAX_PROBLEMS and (short := text[:PROBLEM_LENGTH]) not in self:
            self.append(short)

    def note_all(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.note(text)


def parse_time(text: str | None, problems: Problems, name: str = "timestamp") -> datetime | None:
    """A station's claim about time in aware UTC; without a zone it is taken as UTC and noted. None: unreadable."""
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is UTC:
            return value
        if value.tzinfo is None:
            problems.note(f"NO_TIME_ZONE: {name} has no time zone, taken as {problems.zone}")
            return value.replace(tzinfo=problems.zone).astimezone(UTC)
        return value.astimezone(UTC)
    except (ValueError, OverflowError):
        problems.note(f"BAD_TIME: {name} is not readable")
        return None


@dataclass(frozen=True, slots=True)
class Repaired:
    """The first violation that could not be repaired, by kind; both None: usable as it is."""

    missing: str | None = None
    structural: str | None = None


class _Gone:
    """Marks what is to be removed, so that positions stay valid while other violations are repaired."""


_GONE = _Gone()
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def repair(payload: dict[str, object], validator: Validator, problems: Problems, *, salvage: bool) -> Repaired:
    """Repairs a payload in place until it holds only values of the types its schema names.

    With ``salvage`` whatever cannot be repaired is cut out instead of refused (billing messages), so that every field
    still present has its schema's type while a required one may be absent.
    """
    for _ in range(REPAIR_PASSES):
        outcome, changed = _one_pass(payload, validator, problems, salvage=salvage)
        if not changed:
            return outcome
        _prune(payload)
    return outcome


def _one_pass(
    payload: dict[str, object], validator: Validator, problems: Problems, *, salvage: bool
) -> tuple[Repaired, bool]:
    missing: str | None = None
    structural: str | None = None
    changed = False
    for error in validator.iter_errors(payload):
        path = error.instance_path
        kind = error.kind
        where = "/".join(str(part) for part in path) or "payload"
        if isinstance(kind, Kind.Type):
            if _coerce(payload, path, kind.types):
                problems.note(f"WRONG_TYPE: {where} read as {'/'.join(kind.types)}")
                changed = True
            elif salvage and path:
                problems.note(f"WRONG_TYPE: {where} left out")
                changed = _replace(payload, path, _GONE) or changed
            else:
                structural = structural or where
        elif isinstance(kind, Kind.Required):
            if salvage and path:
                problems.note(f"INCOMPLETE: {where} left out, {kind.property} missing")
                changed = _replace(payload, path, _GONE) or changed
            else:
                problems.note(f"INCOMPLETE: {where}: {kind.property} missing")
                missing = missing or f"{kind.property}"
        else:
            changed = _tolerate(payload, error, where, problems) or changed
    return Repaired(missing, structural), changed


# What was signed is worth nothing once it is cut.
_TO_THE_BYTE = frozenset({"signedMeterData", "publicKey"})


def _tolerate(payload: dict[str, object], error: ValidationError, where: str, problems: Problems) -> bool:
    """Notes a violation that changes no type: enum, length, number of items, vendor properties, ranges."""
    vendors = isinstance(error.kind, Kind.AdditionalProperties)
    problems.note(f"{'VENDOR_FIELDS' if vendors else 'BREAKS_SCHEMA'}: {where} violates {error.kind.name}")
    if isinstance(error.kind, Kind.MaxLength):
        text = _at(payload, error.instance_path)
        if error.instance_path and error.instance_path[-1] in _TO_THE_BYTE:
            return False
        if isinstance(text, str) and len(text) > TOLERATED_TEXT:
            return _replace(payload, error.instance_path, text[:TOLERATED_TEXT])
    return False


def _at(payload: object, path: list[str | int]) -> object:
    node = payload
    for part in path:
        if isinstance(node, dict) and isinstance(part, str):
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node


def _replace(payload: dict[str, object], path: list[str | int], value: object) -> bool:
    """Writes at ``path``; False when something above it is already cut out."""
    parent = _at(payload, path[:-1])
    last = path[-1]
    if isinstance(parent, dict) and isinstance(last, str):
        parent[last] = value
        return True
    if isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent[last] = value
        return True
    return False


def _coerce(payload: dict[str, object], path: list[str | int], types: list[str]) -> bool:
    """Gives a value its schema's type when only one meaning is possible; null and "" for a number mean absent."""
    if not path:
        return False
    value = _at(payload, path)
    if value is None and path == ["transactionId"] and "integer" in types:
        return _replace(payload, path, 0)  # said to have none, which is more than to say nothing
    coerced = _coerced(value, types)
    return coerced is not None and _replace(payload, path, coerced)


def _coerced(value: object, types: list[str]) -> object:
    if value is None or (value == "" and "string" not in types):
        return _GONE
    if "string" in types and isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    if "boolean" in types:
        return _TRUTH.get(str(value).strip().lower())
    if ("integer" in types or "number" in types) and isinstance(value, str | float):
        return _number(value, whole="number" not in types)
    return None


def _number(value: str | float, *, whole: bool) -> int | float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    if not abs(number) <= 2**63:  # also NaN
        return None
    if whole:
        return int(number) if number == int(number) else round(number)
    return number


def _prune(node: object) -> None:
    """Removes what was marked; depth is bounded because a deeper frame was refused."""
    if isinstance(node, dict):
        for name in [name for name, child in node.items() if child is _GONE]:
            del node[name]
        for child in node.values():
            _prune(child)
    elif isinstance(node, list):
        node[:] = [child for child in node if child is not _GONE]
        for child in node:
            _prune(child)
