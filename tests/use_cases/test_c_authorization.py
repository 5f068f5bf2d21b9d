"""Block C: who may charge, however they say who they are."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.use_cases.scene import Scene, Transaction, card, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
SESSION = "status origin token { uid } reviewFlags { code }"


async def test_c01_rfid(scene: Scene) -> None:
    """A known card is accepted, whatever its letters' case; any other is told why not (C01.FR.19)."""
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await scene.token("C01GOOD")
    await scene.token("C01OLD", validUntil=past)
    blocked = await scene.token("C01BLOCKED")
    await scene.do("tokenBlock", "token { id }", id=blocked, reason="lost")
    async with scene.connected() as station:
        for uid, word, rule in (
            ("C01GOOD", "Accepted", "KNOWN_AND_VALID"),
            ("c01good", "Accepted", "KNOWN_AND_VALID"),
            ("C01OLD", "Expired", "TOKEN_EXPIRED"),
            ("C01BLOCKED", "Blocked", "TOKEN_BLOCKED"),
            ("C01NOBODY", "Unknown", "NO_SUCH_TOKEN"),
        ):
            info = (await station.say("Authorize", idToken=card(uid)))["idTokenInfo"]
            assert info["status"] == word
            assert "evseId" not in info
            judged = await scene.authorisation()
            assert (judged["presentedUid"], judged["rule"]) == (uid, rule)


async def test_c03_credit_card(scene: Scene) -> None:
    """A terminal's authorisation comes as a local token in a transaction, which runs and is told as such."""
    await scene.token("C03TERMINAL", type="OTHER", ocppType="Local")
    async with scene.connected() as station:
        paid = Transaction(station, "c03")
        answer = await paid.tell("Started", "Authorized", idToken=card("C03TERMINAL", "Local"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert (await scene.session("status"))["status"] == "ACTIVE"


async def test_c05_csms_initiated(scene: Scene) -> None:
    """A token of our own making, sent with a remote start, is accepted when the station asks about it."""
    async with scene.connected() as station:
        await scene.do("sessionStart", evseId=scene.evse)
        sent = station.was_asked("RequestStartTransaction")[0]["idToken"]
        assert (await station.say("Authorize", idToken=sent))["idTokenInfo"]["status"] == "Accepted"
        assert (await scene.authorisation())["rule"] == "ASKED_BY_US"


async def test_c06_local_id(scene: Scene) -> None:
    """A token that exists at this station only, of a parking system say, is judged like any other."""
    await scene.token("C06PARKING", type="OTHER", ocppType="Local")
    async with scene.connected() as station:
        for uid, word in (("C06PARKING", "Accepted"), ("C06OTHER", "Unknown")):
            answer = await station.say("Authorize", idToken=card(uid, "Local"))
            assert answer["idTokenInfo"]["status"] == word


async def test_c08_eim(scene: Scene) -> None:
    """A car that brings no contract is authorised by a card at the EVSE, in the transaction that its cable began."""
    await scene.token("C08CARD")
    async with scene.connected() as station:
        car = Transaction(station, "c08")
        await car.tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        answer = await car.tell("Updated", "Authorized", idToken=card("C08CARD"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert (await scene.session(SESSION))["token"] == {"uid": "C08CARD"}


async def test_c09_group(scene: Scene) -> None:
    """A card's group goes with every judgement of it, so that a fellow may end what it began (C09.FR.09, .12)."""
    for uid in ("C09ONE", "C09TWO"):
        await scene.token(uid, groupId="C09FAMILY")
    group = {"idToken": "C09FAMILY", "type": "Central"}
    async with scene.connected() as station:
        assert (await station.say("Authorize", idToken=card("C09ONE")))["idTokenInfo"]["groupIdToken"] == group
        shared = Transaction(station, "c09")
        answer = await shared.tell("Started", "Authorized", idToken=card("C09ONE"))
        assert answer["idTokenInfo"]["groupIdToken"] == group
        ending = await shared.tell("Ended", "StopAuthorized", idToken=card("C09TWO"), info={"stoppedReason": "Local"})
        assert ending["idTokenInfo"] == {"status": "Accepted", "groupIdToken": group}
        assert (await scene.session(SESSION))["status"] == "COMPLETED"


async def test_c10_cache_ends_with_the_token(scene: Scene) -> None:
    """Whoever keeps a judgement in a cache learns until when it holds, and the group it is for."""
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    await scene.token("C10CARD", validUntil=until.isoformat())
    async with scene.connected() as station:
        info = (await station.say("Authorize", idToken=card("C10CARD")))["idTokenInfo"]
        assert datetime.fromisoformat(info["cacheExpiryDateTime"]) == until


@pytest.mark.parametrize("word", ["Accepted", "Rejected"])
async def test_c11_clear_cache(scene: Scene, word: str) -> None:
    """A station is made to forget the tokens that it has seen, and its answer is shown."""
    async with scene.connected() as station:
        station.answers["ClearCache"] = {"status": word}
        answer = (await scene.send("cacheClear"))["answer"]
        assert station.was_asked("ClearCache") == [{}]
        assert (answer["status"], answer["accepted"]) == (word, word == "Accepted")


async def test_c12_a_cached_card_is_judged_anew(scene: Scene) -> None:
    """A start on the word of a cache is checked by us all the same (C12.FR.03)."""
    lost = await scene.token("C12CARD")
    async with scene.connected() as station:
        assert (await station.say("Authorize", idToken=card("C12CARD")))["idTokenInfo"]["status"] == "Accepted"
        await scene.do("tokenBlock", "token { id }", id=lost, reason="lost")
        answer = await Transaction(station, "c12").tell("Started", "Authorized", idToken=card("C12CARD"))
        assert answer["idTokenInfo"]["status"] == "Blocked"


async def test_c13_offline_by_list(scene: Scene) -> None:
    """A start that the list allowed while offline arrives later, is judged by its card, and is a whole session."""
    await scene.token("C13CARD")
    async with scene.connected() as station:
        alone = Transaction(station, "c13")
        for kind, trigger, ago in (("Started", "Authorized", -600), ("Ended", "StopAuthorized", -60)):
            answer = await alone.tell(kind, trigger, at=moment(ago), offline=True, idToken=card("C13CARD"))
            assert answer["idTokenInfo"]["status"] == "Accepted"
        found = await scene.session(SESSION)
        assert (found["status"], found["token"]) == ("COMPLETED", {"uid": "C13CARD"})


async def test_c14_online_by_list(scene: Scene) -> None:
    """A station that looks a card up in its list says so with the start, and hears our judgement."""
    await scene.token("C14CARD")
    async with scene.connected() as station:
        await scene.do("localListSync", stationId=scene.id, full=True)
        entries = station.was_asked("SendLocalList")[0]["localAuthorizationList"]
        assert "C14CARD" in [one["idToken"]["idToken"] for one in entries]
        answer = await Transaction(station, "c14").tell("Started", "Authorized", idToken=card("C14CARD"))
        assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_c15_offline_unknown(scene: Scene) -> None:
    """A stranger was let charge while offline: the energy is kept, and the station hears that we do not know him."""
    async with scene.connected() as station:
        answer = await Transaction(station, "c15").tell(
            "Started", "Authorized", at=moment(-300), offline=True, idToken=card("C15NOBODY")
        )
        assert answer["idTokenInfo"]["status"] == "Unknown"
        found = await scene.session(SESSION)
        assert found["status"] == "ACTIVE"
        assert found["reviewFlags"] != []


async def test_c16_master_pass(scene: Scene) -> None:
    """A card of the master group is told to be of it; what it ends is ended, and says by whom."""
    await scene.token("C16DRIVER")
    await scene.token("C16MASTER", groupId="C16MASTERS")
    async with scene.connected() as station:
        charging = Transaction(station, "c16")
        await charging.tell("Started", "Authorized", idToken=card("C16DRIVER"))
        info = (await station.say("Authorize", idToken=card("C16MASTER")))["idTokenInfo"]
        assert info["groupIdToken"]["idToken"] == "C16MASTERS"
        await charging.tell("Ended", "StopAuthorized", idToken=card("C16MASTER"), info={"stoppedReason": "MasterPass"})
        found = await scene.session("status stopReason token { uid }")
        assert found == {"status": "COMPLETED", "stopReason": "MasterPass", "token": {"uid": "C16DRIVER"}}


async def test_c02_start_button(scene: Scene) -> None:
    """A start without authorisation is accepted where the operator has start buttons (C02.FR.02), and only there."""
    nobody = card("", "NoAuthorization")
    async with scene.connected() as station:
        refused = Transaction(station, "c02 refused")
        assert (await refused.tell("Started", "Authorized", idToken=nobody))["idTokenInfo"]["status"] == "Invalid"
        assert (await scene.session("reviewFlags { code }"))["reviewFlags"] == [{"code": "UNAUTHORISED_START"}]
        assert (await scene.authorisation())["rule"] == "NO_AUTHORISATION_NOT_ALLOWED"
        shown = await scene.shown("version location { id } quirks { code repairs }")
        assert shown["quirks"] == [{"code": "START_BY_NOBODY", "repairs": 1}]
        await refused.tell("Ended", "Deauthorized")
        version = (await scene.shown("version"))["version"]
        said = {"identity": scene.identity, "locationId": shown["location"]["id"], "securityProfileFloor": 0}
        wanted = {"input": {**said, "acceptsNoAuthorization": True}}
        await scene.do("stationUpdate", "station { acceptsNoAuthorization }", id=scene.id, ifVersion=version, **wanted)
        answer = await Transaction(station, "c02").tell("Started", "Authorized", idToken=nobody)
        assert answer["idTokenInfo"]["status"] == "Accepted"
        assert [one["status"] for one in await scene.sessions("status")] == ["ACTIVE", "COMPLETED"]


async def test_c04_pin_code(scene: Scene) -> None:
    """A code that was typed in is known or invalid, and is nowhere to be read in a journal (C04.FR.01, .02, .04)."""
    await scene.token("748291", type="OTHER", ocppType="KeyCode")
    async with scene.connected() as station:
        for code, word in (("748291", "Accepted"), ("000517", "Invalid")):
            answer = await station.say("Authorize", idToken=card(code, "KeyCode"))
            assert answer["idTokenInfo"]["status"] == word
        frames = f'{{ frames(filter: {{stationId: "{scene.id}"}}) {{ nodes {{ action raw payload }} }} }}'
        written = str(await scene.ask(frames))
        assert "Authorize" in written
        assert "748291" not in written
        assert "000517" not in written


def places_of(scene: Scene, text: str) -> set[str]:
    """The tables with a row that holds a text somewhere."""
    with psycopg.connect(scene.house.world.database.owner_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {
            table
            for (table,) in tables
            if connection.execute(f"SELECT 1 FROM {table} t WHERE t::text LIKE %s LIMIT 1", (f"%{text}%",)).fetchone()
        }


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_c04_a_code_stays_in_no_row(scene: Scene, version: str) -> None:
    """Two uses of a code are known to be the same, and no row but its holder's token says which it was."""
    code, stranger = ("5519" + version[-3:].replace(".", "") + "73"), ("8826" + version[-3:].replace(".", "") + "41")
    await scene.token(code, type="OTHER", ocppType="KeyCode")
    told = "transaction"
    async with scene.connected(version) as station:
        if version == "ocpp1.6":
            for _ in range(2):
                assert (await station.say("Authorize", idTag=code))["idTagInfo"]["status"] == "Accepted"
            began = {"connectorId": 1, "idTag": code, "meterStart": 0, "timestamp": moment()}
            number = (await station.say("StartTransaction", **began))["transactionId"]
            assert (await station.say("StartTransaction", **began))["transactionId"] == number
            ended = {"transactionId": number, "idTag": code, "meterStop": 5, "timestamp": moment()}
            await station.say("StopTransaction", **ended)
        else:
            for one, word in ((code, "Accepted"), (code, "Accepted"), (stranger, "Invalid")):
                more = [{"additionalIdToken": stranger, "type": "PIN"}]
                answer = await station.say("Authorize", idToken=card(one, "KeyCode") | {"additionalInfo": more})
                assert answer["idTokenInfo"]["status"] == word
            charging = Transaction(station, told)
            await charging.tell("Started", "Authorized", idToken=card(code, "KeyCode"))
            await charging.tell("Ended", "StopAuthorized", idToken=card(code, "KeyCode"))
        await scene.do("sessionStart", evseId=scene.evse, tokenId=await token_id(scene, code))
    assert (await scene.sessions("status token { uid }"))[-1] == {"status": "COMPLETED", "token": {"uid": code}}
    text = f'{{ authorisations(stationId: "{scene.id}") {{ nodes {{ presentedUid token {{ uid }} }} }} }}'
    judged = (await scene.ask(text))["authorisations"]["nodes"]
    ours = {one["presentedUid"] for one in judged if one["token"] == {"uid": code}}
    assert len(ours) == 1
    assert ours.pop().startswith("CODE-")
    assert {table for table in places_of(scene, code) if table not in ("token", "token_name")} == set()
    assert places_of(scene, stranger) == set()


async def token_id(scene: Scene, uid: str) -> str:
    found = await scene.ask(f'{{ tokens(filter: {{uids: ["{uid}"]}}) {{ nodes {{ id }} }} }}')
    return str(found["tokens"]["nodes"][0]["id"])
