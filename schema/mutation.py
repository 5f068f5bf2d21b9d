"""What clients do: one transaction each, refusals as data."""

import strawberry

from schema.mutations.access import AccessMutation
from schema.mutations.commands import CommandMutation
from schema.mutations.setup import SetupMutation
from schema.mutations.tokens import TokenMutation


@strawberry.type(description="What clients do. Expected refusals are in `errors`, with a code.")
class Mutation(SetupMutation, TokenMutation, CommandMutation, AccessMutation):
    pass
