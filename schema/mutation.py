"""What clients do: one transaction each, refusals as data."""

import strawberry

from schema.mutations.access import AccessMutation
from schema.mutations.commands import CommandMutation
from schema.mutations.setup import SetupMutation


@strawberry.type(description="What clients do. Expected refusals are in `errors`, with a code.")
class Mutation(SetupMutation, CommandMutation, AccessMutation):
    pass
