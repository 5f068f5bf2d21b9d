"""The schema: one for every caller, with a description for everything in it."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.errors import InvalidInput, Refusal
from schema.mutation import Mutation
from schema.query import Query
from schema.quick import quicken
from schema.scalars import SCALARS
from schema.updates import Subscription

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[InvalidInput, Refusal],
    config=StrawberryConfig(scalar_map=SCALARS, relay_max_results=200),
)
GRAPHQL = quicken(SCHEMA._schema)  # graphql-core's own, which everything here executes
