"""Every request survives its row and satisfies the schema of every version that has words for it."""

import orjson
import pytest

from app.domain.request import REQUESTS, StationRequest
from app.domain.station import OcppVersion
from app.store.request_body import body_from_json, body_json
from gateway.ocpp2 import OCPP21, OCPP201
from gateway.ocpp16 import OCPP16
from gateway.schemas import Direction, validator
from tests.gateway.samples import SAMPLES

DIALECTS = {dialect.version: dialect for dialect in (OCPP16, OCPP201, OCPP21)}
SPOKEN = [(body, version) for body in SAMPLES for version in OcppVersion if version in body.versions]


def test_every_request_has_a_sample() -> None:
    assert {type(body) for body in SAMPLES} == set(REQUESTS.values())


@pytest.mark.parametrize(("body", "version"), SPOKEN, ids=lambda part: getattr(part, "value", type(part).__name__))
def test_it_satisfies_its_schema(body: StationRequest, version: OcppVersion) -> None:
    action, payload = DIALECTS[version].expand(body)
    validator(version, action, Direction.REQUEST).validate(orjson.loads(orjson.dumps(payload)))


@pytest.mark.parametrize("body", SAMPLES, ids=lambda body: type(body).__name__)
def test_it_survives_its_row(body: StationRequest) -> None:
    assert body_from_json(type(body).__name__, orjson.loads(orjson.dumps(body_json(body)))) == body
