"""Documents, parsed, validated and measured once: the same text costs nothing the second time."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.utilities import get_operation_ast

from app.domain.scope import CallerKind
from schema.caller_schema import OUTSIDE, outside_of
from schema.definition import GRAPHQL
from schema.limits import Shape, TooManySelections, crowding, shape
from schema.settings import ApiSettings

_REMEMBERED = 1_000
_LONGEST_REMEMBERED = 20_000  # longer texts are rare, and would let one caller fill the memory
_ERRORS_MAX = 20


@dataclass(frozen=True, slots=True)
class Document:
    """A document ready to execute, or the errors that forbid it; ``shape`` is None then.

    ``beyond_visitors`` is the first thing in it that a caller without a token may not ask, empty where there is none.
    """

    text: str
    tree: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    shape: Shape | None
    beyond_visitors: str | None = None

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation that is meant; None when there is none, or several without a name."""
        return None if self.tree is None else get_operation_ast(self.tree, name)


def _too_much(message: str) -> tuple[GraphQLError, ...]:
    return (GraphQLError(message, extensions={"code": "LIMIT_EXCEEDED"}),)


class Documents:
    """A least-recently-used memory of prepared documents."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._known: OrderedDict[tuple[str, bool, CallerKind | None], Document] = OrderedDict()

    def prepare(self, text: str, *, hide_suggestions: bool, kind: CallerKind | None = None) -> Document:
        """``hide_suggestions`` for those who should not learn field names from their typing errors; no ``kind`` for
        callers without a token.
        """
        key = (text, hide_suggestions, kind)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        made = self._prepare(text, hide_suggestions)
        tree = made.tree
        if tree is not None and not made.errors:
            if kind is not None and kind in OUTSIDE:
                made = replace(made, errors=outside_of(kind, tree))
            elif kind is None:
                beyond = outside_of(CallerKind.VISITOR, tree)
                made = replace(made, beyond_visitors=beyond[0].message if beyond else "")
        if len(text) <= _LONGEST_REMEMBERED:
            self._known[key] = made
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return made

    def _crowd(self, tree: DocumentNode) -> str | None:
        """What would make validation itself expensive; None when nothing does."""
        settings = self._settings
        fragments, repeats = crowding(tree)
        if fragments > settings.fragments_max:
            return f"The document has {fragments} fragments and uses of them; {settings.fragments_max} is the most."
        if repeats > settings.repeats_max:
            return "The document asks for the same field too often in one place. Ask once, or use fewer aliases."
        return None

    def _prepare(self, text: str, hide_suggestions: bool) -> Document:
        settings = self._settings
        try:
            tree = parse(text, max_lexical_tokens=settings.tokens_max)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return Document(text, None, (error,), None)
        except RecursionError:
            return Document(text, None, _too_much("The document is nested too deeply."), None)
        if crowd := self._crowd(tree):
            return Document(text, None, _too_much(crowd), None)
        errors = tuple(
            validate(GRAPHQL, tree, specified_rules, max_errors=_ERRORS_MAX, hide_suggestions=hide_suggestions)
        )
        if errors:
            return Document(text, tree, errors, None)
        try:
            measured = shape(GRAPHQL, tree, settings.selections_max)
        except TooManySelections:
            message = f"With its fragments the document has more than {settings.selections_max} selections."
            return Document(text, tree, _too_much(message), None)
        if measured.depth > settings.depth_max:
            errors = _too_much(f"The document is {measured.depth} deep; {settings.depth_max} is the most.")
        elif measured.aliases > settings.aliases_max:
            errors = _too_much(f"The document has {measured.aliases} aliases; {settings.aliases_max} is the most.")
        return Document(text, tree, errors, None if errors else measured)
