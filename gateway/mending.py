"""Mending JSON that a station broke in one of the ways seen in the field, where only one meaning is possible.

Commas too many, a value left out, a backslash that escapes nothing, brackets missing at the end. What ends inside a
text, a name or a number is beyond mending: nobody knows how it went on.
"""

import re

import orjson

_ESCAPES = frozenset('"\\/bfnrtu')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_CLOSING = {"{": "}", "[": "]"}
_COMPLETE = frozenset('"}]el')  # the last character of a text, an object, an array, true, false and null
_AFTER_TEXT = frozenset(",}]:")


def mended(raw: bytes) -> object:
    """The value that was meant, or None."""
    text = raw.decode("utf-8", "replace")
    for quote_ends in (False, True):
        repaired = _Scan(text, quote_ends=quote_ends).repaired()
        if repaired is None:
            continue
        try:
            value: object = orjson.loads(repaired)
        except (orjson.JSONDecodeError, RecursionError):
            continue
        return value
    return None


class _Scan:
    """One walk over the text; ``quote_ends``: a backslash before a quote that looks like an end escapes nothing."""

    def __init__(self, text: str, *, quote_ends: bool) -> None:
        self._text = text
        self._quote_ends = quote_ends
        self._out: list[str] = []
        self._open: list[str] = []
        self._at = 0

    def repaired(self) -> str | None:
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == '"':
                if not self._string():
                    return None
                continue
            if character in "{[":
                self._open.append(character)
            elif character in "}]":
                if not self._open or _CLOSING[self._open.pop()] != character:
                    return None
                self._drop_comma()
                self._fill()
            elif character == ",":
                self._fill()
                if self._last() in ("[", "{", ",", ""):
                    self._at += 1
                    continue
            self._out.append(character)
            self._at += 1
        return self._ended()

    def _last(self) -> str:
        """The last character that is not white space."""
        return next((piece[-1] for piece in reversed(self._out) if not piece.isspace()), "")

    def _drop_comma(self) -> None:
        while self._out and self._out[-1].isspace():
            self._out.pop()
        if self._out and self._out[-1] == ",":
            self._out.pop()

    def _fill(self) -> None:
        """A name without a value has none."""
        if self._last() == ":":
            self._out.append("null")

    def _string(self) -> bool:
        """Copies a text to its end; False when it has none."""
        start = self._at
        self._at += 1
        piece = ['"']
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == '"':
                self._out.append("".join((*piece, '"')))
                self._at += 1
                return True
            if character == "\\":
                piece.append(self._escape())
                continue
            piece.append(character)
            self._at += 1
        self._at = start
        return False

    def _escape(self) -> str:
        following = self._text[self._at + 1 : self._at + 2]
        stray = following not in _ESCAPES or following == ""
        if following == "u" and _HEX.match(self._text, self._at + 2) is None:
            stray = True
        if following == '"' and self._quote_ends and self._text[self._at + 2 :].lstrip()[:1] in _AFTER_TEXT:
            stray = True
        self._at += 1 if stray else 2
        return "\\\\" if stray else "\\" + following

    def _ended(self) -> str | None:
        if not self._open:
            return "".join(self._out)
        if self._last() not in _COMPLETE:
            return None
        return "".join((*self._out, *(_CLOSING[bracket] for bracket in reversed(self._open))))
