"""A field report as a text a person can read, and a machine can play.

A file is one row (or a part of one) of the list of oddities. Each line is a step, in order:

    version 1.6 2.0.1           the versions it is played in, each with a station of its own
    evses 2                     how many EVSEs the operator registered; 1 by default
    pin REPAIR_JSON             what the operator allows this station beyond its profile
    connect path=… offer=… user=… password=… agreed=…    dials; the first one may be left out
    connect refused=404         dials, and is turned away
    > [2,"1","Heartbeat",{}]    the station says this text, byte by byte
    >b [2,"\\xff"]               the same, with escapes for bytes that are no text
    < [3,"1",{}]                what it must hear next; objects may hold more than is named here
    closed 1002                 the socket must end with this code
    hang up                     the station ends the socket
    do stationReset(…)          the operator does this, in the background
    done {"command": …}         what came of it
    see session {…}             what GraphQL shows in the end: station, session (the only one), sessions, problems
    see quirks CODE …           which oddities are counted at the station; none without a code

In texts ``%id%`` is the identity, ``%station%``, ``%evse%`` and ``%token%`` public ids, ``%now%`` and ``%-30m%`` times (``%bare-30m%``: without
its zone, ``%wall-30m%``: as a clock at the place shows it), ``%name%``
what ``"$name"`` took out of a frame heard before. ``"*"`` stands for anything.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

FOLDER = Path(__file__).parent / "fixtures"
_WORD = re.compile(r"%(now|(?:bare|wall)?[+-]\d+[smhd]|[a-z]\w*)%")
_LOCAL = re.compile(r"(bare|wall)([+-]\d+)[smhd]")
_ZONES = {"bare": UTC, "wall": ZoneInfo("Europe/Berlin")}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Step:
    """``verb`` is the first word of a line, ``text`` the rest of it; ``line`` its number."""

    verb: str
    text: str
    line: int


@dataclass(frozen=True)
class Story:
    name: str
    title: str
    versions: tuple[str, ...]
    evses: int
    pins: tuple[str, ...]
    steps: tuple[Step, ...]


_HEADS = ("version", "evses", "pin")
_VERBS = frozenset({"connect", ">", ">b", "<", "closed", "hang", "do", "done", "see"})


def read_story(path: Path) -> Story:
    """Raises AssertionError for a line that is no step."""
    heads: dict[str, list[str]] = {"version": [], "evses": [], "pin": []}
    title, steps = "", list[Step]()
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith("#"):
            title = title or line.removeprefix("#").strip()
            continue
        verb, _, text = line.strip().partition(" ")
        if verb in _HEADS:
            heads[verb] += text.split()
        elif verb:
            assert verb in _VERBS, f"{path.name}:{number}: {verb!r} is no step"
            steps.append(Step(verb, text.strip(), number))
    if not any(step.verb == "connect" for step in steps[:1]):
        steps.insert(0, Step("connect", "", 0))
    return Story(
        path.stem,
        title,
        tuple(heads["version"]) or ("1.6",),
        int(heads["evses"][0]) if heads["evses"] else 1,
        tuple(heads["pin"]),
        tuple(steps),
    )


def stories() -> list[Story]:
    return [read_story(path) for path in sorted(FOLDER.glob("*.txt"))]


def filled(text: str, known: dict[str, Any], now: datetime) -> str:
    """The text with its words in place. A name that is not known stays as it is (a path may hold %7C)."""

    def word(found: re.Match[str]) -> str:
        name = found[1]
        if name[0] not in "+-n" and (local := _LOCAL.fullmatch(name)):
            at = now + timedelta(**{_UNITS[name[-1]]: int(local[2])})
            return at.astimezone(_ZONES[local[1]]).strftime("%Y-%m-%dT%H:%M:%S")
        if name == "now":
            return stamp(now)
        if name[0] in "+-":
            return stamp(now + timedelta(**{_UNITS[name[-1]]: int(name[:-1])}))
        return str(known[name]) if name in known else found[0]

    return _WORD.sub(word, text)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def mismatch(wanted: Any, got: Any, known: dict[str, Any], where: str = "") -> str | None:
    """Where ``got`` is not what was wanted; None when it is. ``"$name"`` takes a value, or compares with one taken."""
    if wanted == "*":
        return None
    if isinstance(wanted, str) and re.fullmatch(r"\$\w+", wanted):
        known.setdefault(wanted[1:], got)
        return None if known[wanted[1:]] == got else f"{where}: {got!r} is not {known[wanted[1:]]!r}"
    if isinstance(wanted, dict) and isinstance(got, dict):
        missing = wanted.keys() - got.keys()
        if missing:
            return f"{where}: no {sorted(missing)} in {got!r}"
        parts = (mismatch(value, got[name], known, f"{where}/{name}") for name, value in wanted.items())
        return next((part for part in parts if part is not None), None)
    if isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            return f"{where}: {len(got)} elements instead of {len(wanted)}: {got!r}"
        parts = (mismatch(one, two, known, f"{where}/{index}") for index, (one, two) in enumerate(zip(wanted, got)))  # noqa: B905
        return next((part for part in parts if part is not None), None)
    return None if wanted == got else f"{where}: {got!r} instead of {wanted!r}"


def shape(text: str) -> Any:
    return orjson.loads(text)
