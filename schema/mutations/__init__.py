"""Mutations by what they are about."""

from typing import Annotated

import strawberry

from schema.inputs import Options
from schema.scalars import Long

OptionsArgument = Annotated[Options, strawberry.argument(description="How to do it.")]
IfVersion = Annotated[Long, strawberry.argument(description="The version you read; another refuses.")]
