"""The isolation law for mutations: what names another operator's thing changes nothing and learns nothing.

The same text, sent by the owner, does not answer NOT_FOUND: the refusal is about who asks, not about the question.
"""

from dataclasses import fields
from typing import Any

from app.domain.scope import Scope
from schema.api import Api
from schema.definition import GRAPHQL
from schema.requests.faces import FACES
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, BRAVO, furnished
from tests.gateway.samples import SAMPLES
from tests.schema.conftest import Client, api_of
from tests.schema.literal import literal
from tests.world import Tenant

_LOCATION = (
    '{name: "Taken", address: "a", city: "c", country: "DE", latitude: 1, longitude: 1, timeZone: "Europe/Berlin"}'
)
_NO_PEM = '"no certificate"'
_ERRORS = "errors { code message ... on Refusal { subjectId } }"
_COMMAND = f"{{ command {{ id station {{ identity name }} }} session {{ id }} {_ERRORS} }}"

# Every mutation that takes an id of something that exists, with ids of the tenant it is asked about.
WRITES: dict[str, str] = {
    "apiTokenRename": f'(id: $apiToken, ifVersion: 1, name: "n") {{ apiToken {{ name }} {_ERRORS} }}',
    "memberUpdate": f"(id: $member, ifVersion: 1, role: VIEWER) {{ member {{ email }} {_ERRORS} }}",
    "accessRevoke": f"(id: $apiToken, options: $options) {{ id {_ERRORS} }}",
    "apiTokenCreate": '(name: "t", scopes: ["network:read"], locationIds: [$location], expiresAt: "2030-01-01T00:00:00Z", '
    f"options: $options) {{ id {_ERRORS} }}",
    "certificateRevoke": f'(stationId: $station, fingerprint: "00", options: $options) {{ station {{ name }} {_ERRORS} }}',
    "certificateTrust": f"(stationId: $station, certificate: {_NO_PEM}, options: $options) {{ station {{ name }} {_ERRORS} }}",
    "meterPublicKeySet": f"(evseId: $evse, options: $options) {{ station {{ name }} {_ERRORS} }}",
    "desiredVariablesSet": '(stationId: $station, variables: [{component: "C", variable: "V", value: "1"}], '
    f"options: $options) {{ station {{ name }} {_ERRORS} }}",
    "logFetch": f"(stationId: $station, options: $options) {_COMMAND}",
    "stationQuirksSet": f"(stationId: $station, codes: [NO_PING], options: $options) {{ station {{ name }} {_ERRORS} }}",
    "stationRegistrationSet": "(id: $station, registration: PENDING, options: $options) "
    f"{{ station {{ name }} {_ERRORS} }}",
    "stationPasswordRotate": f"(stationId: $station, options: $options) {_COMMAND}",
    "availabilityChange": f"(stationId: $station, operative: true, options: $options) {_COMMAND}",
    "chargeIntentCreate": '(evseId: $evse, quoteId: $quote, returnUrl: "https://x.example", options: $options) '
    f"{{ hold {{ id }} {_ERRORS} }}",
    "holdRelease": f"(id: $hold, options: $options) {{ hold {{ id }} {_ERRORS} }}",
    "cardReaderAdd": f'(locationId: $location, reference: "tmr_Taken", label: "l", options: $options) '
    f"{{ cardReader {{ id }} {_ERRORS} }}",
    "voucherCreate": '(code: "TAKEN-1", kind: PERCENT, worth: 5, locationIds: [$location], options: $options) '
    f"{{ voucher {{ id }} {_ERRORS} }}",
    "voucherRetire": f"(id: $voucher) {{ voucher {{ code }} {_ERRORS} }}",
    "cardReaderRemove": f"(id: $cardReader) {{ cardReader {{ label }} {_ERRORS} }}",
    "disputeEvidenceSubmit": f"(id: $dispute, options: $options) {{ dispute {{ id }} {_ERRORS} }}",
    "disputeAccept": f"(id: $dispute, options: $options) {{ dispute {{ id }} {_ERRORS} }}",
    "chargeIntentMove": f"(id: $hold, evseId: $evse, options: $options) {{ hold {{ id }} {_ERRORS} }}",
    "mismatchResolve": f"(id: $mismatch, accept: true, options: $options) {{ mismatch {{ id }} {_ERRORS} }}",
    "sessionRerate": f"(id: $session, energyWh: 1, options: $options) {{ session {{ id }} {_ERRORS} }}",
    "invoiceCreate": '(sessionIds: [$session], buyer: {name: "n", address: "a", city: "c", country: "DE"}, '
    f"options: $options) {{ document {{ number }} {_ERRORS} }}",
    "refundCreate": f"(holdId: $hold, options: $options) {{ hold {{ id }} {_ERRORS} }}",
    "commandCancel": f"(id: $command) {_COMMAND}",
    "connectorUnlock": f"(connectorId: $connector, options: $options) {_COMMAND}",
    "locationUpdate": f"(id: $location, ifVersion: 1, input: {_LOCATION}) {{ location {{ name }} {_ERRORS} }}",
    "memberInvite": f'(email: "new@example.com", role: VIEWER, locationIds: [$location]) {{ id {_ERRORS} }}',
    "messageTrigger": f'(stationId: $station, message: "Heartbeat", options: $options) {_COMMAND}',
    "localListSync": f"(stationId: $station, options: $options) {_COMMAND}",
    "reservationCancel": f"(sessionId: $session, options: $options) {_COMMAND}",
    "reservationCreate": '(evseId: $evse, tokenId: $token, until: "2030-01-01T00:00:00Z", options: $options) '
    + _COMMAND,
    "sessionStart": f"(evseId: $evse, tokenId: $token, options: $options) {_COMMAND}",
    "sessionStop": f"(sessionId: $session, options: $options) {_COMMAND}",
    "stationCredentialsRotate": f"(id: $station, options: $options) {{ station {{ name }} password {_ERRORS} }}",
    "stationRegister": '(input: {identity: "NEW-1", locationId: $location}, options: $options) '
    f"{{ station {{ name }} {_ERRORS} }}",
    "stationReset": f"(stationId: $station, options: $options) {_COMMAND}",
    "stationUpdate": "(id: $station, ifVersion: 1, input: {identity: $identity, locationId: $location}) "
    f"{{ station {{ name }} {_ERRORS} }}",
    "tariffAssign": f"(code: $code, locationId: $location) {{ tariff {{ code }} {_ERRORS} }}",
    "tariffPublish": f"(id: $tariff, options: $options) {{ tariff {{ code }} {_ERRORS} }}",
    "tariffUpdate": '(id: $tariff, ifVersion: 1, input: {code: $code, currency: "EUR", taxIncluded: true, '
    'elements: [{components: [{type: FLAT, price: "1"}]}]}) '
    f"{{ tariff {{ code }} {_ERRORS} }}",
    "tariffRetire": f"(id: $tariff, options: $options) {{ tariff {{ code }} {_ERRORS} }}",
    "tariffUnassign": f"(id: $assignment) {{ tariff {{ code }} {_ERRORS} }}",
    "tokenBlock": f'(id: $token, reason: "r", options: $options) {{ token {{ visualNumber }} {_ERRORS} }}',
    "tokenUnblock": f'(id: $token, reason: "r", options: $options) {{ token {{ visualNumber }} {_ERRORS} }}',
    "tokenUpdate": '(id: $token, ifVersion: 1, input: {uid: "11223344", type: RFID}) '
    f"{{ token {{ visualNumber }} {_ERRORS} }}",
    "driverUpdate": f'(id: $driver, ifVersion: 1, input: {{name: "n"}}) {{ driver {{ name }} {_ERRORS} }}',
    "accountUpdate": '(id: $account, ifVersion: 1, input: {kind: COMPANY, name: "n", country: "DE", currency: "EUR"}) '
    f"{{ account {{ name }} {_ERRORS} }}",
    "accountMemberSet": f"(accountId: $account, driverId: $driver) {{ account {{ name }} {_ERRORS} }}",
    "accountMemberRemove": f"(accountId: $account, driverId: $driver) {{ account {{ name }} {_ERRORS} }}",
    "accountLimitSet": "(accountId: $account, on: SESSIONS, per: DAY, most: 1, driverId: $driver, locationId: $location) "
    f"{{ account {{ name }} {_ERRORS} }}",
    "accountLimitRemove": f"(id: $limit) {{ account {{ name }} {_ERRORS} }}",
    "accountTopUp": '(accountId: $account, amountMinor: 1, reason: "r", options: $options) '
    f"{{ account {{ name }} {_ERRORS} }}",
    "paymentMethodCreate": '(driverId: $driver, returnUrl: "https://x.example", options: $options) '
    f"{{ paymentMethod {{ id }} {_ERRORS} }}",
    "paymentMethodPrefer": f"(id: $card) {{ paymentMethod {{ brand }} {_ERRORS} }}",
    "paymentMethodRemove": f"(id: $card) {{ paymentMethod {{ brand }} {_ERRORS} }}",
    "driverExport": f"(id: $driver) {{ document {_ERRORS} }}",
    "driverErase": f"(id: $driver, options: $options) {{ driver {{ name }} {_ERRORS} }}",
    "webPaymentSet": '(stationId: $station, urlTemplate: "https://p/{chargingstationid}/{totp}/{version}", '
    f"options: $options) {_COMMAND}",
    "variablesGet": '(stationId: $station, variables: [{component: "C", variable: "V"}], options: $options) '
    + _COMMAND,
    "variablesSet": '(stationId: $station, variables: [{component: "C", variable: "V", value: "1"}], options: $options) '
    + _COMMAND,
}
# One sample of each request is enough here: who asks is looked at before what is asked.
_SAMPLES = {type(body): body for body in SAMPLES}
for _face in FACES:
    _body = _SAMPLES[_face.request]
    _said = f"request: {literal(_body)}, " if fields(_face.request) else ""
    WRITES[_face.name] = f"(stationId: $station, {_said}options: $options) {_COMMAND}"
# Mutations that name nothing that exists, or prove who asks by a secret of its own.
NAMELESS = {
    "guestAccessRequest", "accountCreate", "driverCodeRequest", "driverCreate", "driverSignIn", "exchangeRateSet",
    "invitationAccept", "locationCreate", "memberSignIn", "operatorLegalSet", "operatorUpdate",
    "paymentAccountSet", "reconciliationRun", "signOut", "stationAccept", "statementCreate", "tariffCreate", "taxRateSet", "tokenCreate",
    "tokenRefresh", "webPaymentVerify",
}  # fmt: skip
# What drivers alone do, for themselves: `test_isolation_of_drivers` walks it.
OF_DRIVERS = {"driverTokenBlock", "driverTokenClaim"}
_TYPES = {"options": "Options!", "identity": "String!", "code": "String!"}


def test_every_mutation_is_walked() -> None:
    assert GRAPHQL.mutation_type is not None
    assert set(GRAPHQL.mutation_type.fields) == set(WRITES) | NAMELESS | OF_DRIVERS


async def _names(client: Client, tenant: Tenant) -> dict[str, Any]:
    data = await client.data(
        "{ stations { nodes { id identity location { id } evses { id connectors { id } } } } sessions { nodes { id } }"
        " tokens { nodes { id } } tariffs { nodes { id code assignments { id } } } commands { nodes { id } }"
        " drivers { nodes { id paymentMethods { id } } } accounts { nodes { id limits { id } } } members { nodes { id } } holds { nodes { id } } mismatches { nodes { id } } disputes { nodes { id } }"
        " cardReaders { id } vouchers { id } }",
        tenant.scope,
    )
    station, tariff = data["stations"]["nodes"][0], data["tariffs"]["nodes"][0]
    granted = await client.data(
        'mutation { apiTokenCreate(name: "victim", scopes: ["network:read"], expiresAt: "2030-01-01T00:00:00Z", '
        'options: {idempotencyKey: "victim"}) { id } }',
        tenant.scope,
    )
    quoted = await client.data(
        "query($evse: ID!) { quote(evseId: $evse) { id } }", tenant.scope, evse=station["evses"][0]["id"]
    )
    return {
        "cardReader": data["cardReaders"][0]["id"], "voucher": data["vouchers"][0]["id"],
        "mismatch": data["mismatches"]["nodes"][0]["id"], "dispute": data["disputes"]["nodes"][0]["id"],
        "quote": quoted["quote"]["id"], "hold": data["holds"]["nodes"][0]["id"],
        "station": station["id"], "identity": station["identity"], "location": station["location"]["id"],
        "evse": station["evses"][0]["id"], "connector": station["evses"][0]["connectors"][0]["id"],
        "session": data["sessions"]["nodes"][0]["id"], "token": data["tokens"]["nodes"][0]["id"],
        "tariff": tariff["id"], "code": tariff["code"], "command": data["commands"]["nodes"][0]["id"],
        "member": data["members"]["nodes"][0]["id"],
        "driver": data["drivers"]["nodes"][0]["id"], "account": data["accounts"]["nodes"][0]["id"],
        "card": data["drivers"]["nodes"][0]["paymentMethods"][0]["id"],
        "limit": data["accounts"]["nodes"][0]["limits"][0]["id"],
        "assignment": tariff["assignments"][0]["id"],
        "apiToken": granted["apiTokenCreate"]["id"],
    }  # fmt: skip


async def _write(client: Client, scope: Scope, name: str, about: dict[str, Any]) -> dict[str, Any]:
    text = WRITES[name]
    values = about | {"options": {"idempotencyKey": f"law {name}", "waitSeconds": 0}}
    used = {key: value for key, value in values.items() if f"${key}" in text.replace("$stationId", "")}
    used = {key: value for key, value in used.items() if any(f"${key}{end}" in text for end in ",)]} ")}
    declared = ", ".join(f"${key}: {_TYPES.get(key, 'ID!')}" for key in used)
    return await client.ask(f"mutation({declared}) {{ {name}{text} }}", scope, **used)


async def _snapshot(client: Client, tenant: Tenant) -> Any:
    return await client.data(
        "{ stations { nodes { id version name } } tokens { nodes { id version valid } } locations { nodes { id version } }"
        " sessions { nodes { id version } } commands { totalCount } holds { nodes { id version } } tariffs { nodes { id state } } members { nodes { id version } }"
        " drivers { nodes { id version } } accounts { nodes { id version } } apiTokens { nodes { id version } } auditEntries { totalCount } }",
        tenant.scope,
    )


async def test_nobody_writes_to_another_operator(database: TestDatabase) -> None:
    world = await furnished(database, ALPHA, BRAVO)
    api: Api = api_of(world, cost_max=10**9, bucket_size=10**12, takes_payments=True)
    alpha, bravo = world.tenants["ALPHA"], world.tenants["BRAVO"]
    client = Client(api)
    names = await _names(client, bravo)
    before = await _snapshot(client, bravo)
    for name in WRITES:
        answer = await _write(client, alpha.scope, name, names)
        # What the question itself said may stand in the answer; nothing else of the other's may.
        assert "BRAVO" not in str(answer).replace(names["code"], "").replace(names["identity"], ""), name
        assert "data" in answer, (name, answer)
        assert [error["code"] for error in answer["data"][name]["errors"]] == ["NOT_FOUND"], (name, answer)
    assert await _snapshot(client, bravo) == before
    for name in WRITES:
        answer = await _write(client, bravo.scope, name, names)
        codes = [error["code"] for error in answer["data"][name]["errors"]]
        assert "NOT_FOUND" not in codes, (name, answer)
    await world.desk.database.close()
