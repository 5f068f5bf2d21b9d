"""Block H: an EVSE is kept for somebody."""

from typing import Any

import pytest

from tests.use_cases.scene import Scene, Transaction, card, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def reserve(scene: Scene, uid: str) -> dict[str, Any]:
    token = await scene.token(uid)
    return await scene.do("reservationCreate", evseId=scene.evse, tokenId=token, until=moment(3600))


async def state(scene: Scene) -> str:
    return str((await scene.session("status"))["status"])


@pytest.mark.parametrize("word", ["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"])
async def test_h01_reserve(scene: Scene, word: str) -> None:
    """An EVSE is reserved for a card until an instant; a station that cannot leaves nothing promised."""
    async with scene.connected() as station:
        station.answers["ReserveNow"] = {"status": word}
        done = await reserve(scene, f"H01{word}")
        assert done["command"]["answer"]["status"] == word
        (sent,) = station.was_asked("ReserveNow")
        assert (sent["evseId"], sent["idToken"]["idToken"]) == (1, f"H01{word}".upper())
        assert await state(scene) == ("RESERVATION" if word == "Accepted" else "INVALID")


async def test_h01_any_evse(scene: Scene) -> None:
    """A reservation of any EVSE, or of a kind of connector, names none."""
    request = {"id": 71, "expiryDateTime": moment(3600), "idToken": card("H01ANY"), "connectorType": "cType2"}
    async with scene.connected() as station:
        assert (await scene.send("reservationSend", request))["answer"]["accepted"]
        assert "evseId" not in station.was_asked("ReserveNow")[0]


async def test_h02_cancel(scene: Scene) -> None:
    """A reservation is taken back by its number, and is over."""
    async with scene.connected() as station:
        made = await reserve(scene, "H02CARD")
        done = await scene.do("reservationCancel", sessionId=made["session"]["id"])
        assert done["command"]["answer"]["accepted"]
        assert station.was_asked("CancelReservation") == [{"reservationId": station.was_asked("ReserveNow")[0]["id"]}]
        assert await state(scene) == "INVALID"


async def test_h03_use(scene: Scene) -> None:
    """Who reserved comes: the reservation becomes the transaction that names its number."""
    async with scene.connected() as station:
        made = await reserve(scene, "H03CARD")
        number = station.was_asked("ReserveNow")[0]["id"]
        await Transaction(station, "h03").tell("Started", "Authorized", idToken=card("H03CARD"), reservationId=number)
        found = await scene.session("id status")
        assert found == {"id": made["session"]["id"], "status": "ACTIVE"}


@pytest.mark.parametrize("word", ["Expired", "Removed"])
async def test_h04_not_used(scene: Scene, word: str) -> None:
    """Nobody came, or the EVSE is no longer there: the station says so, is answered, and the promise is over."""
    async with scene.connected() as station:
        await reserve(scene, f"H04{word}")
        number = station.was_asked("ReserveNow")[0]["id"]
        assert await station.say("ReservationStatusUpdate", reservationId=number, reservationUpdateStatus=word) == {}
        assert await state(scene) == "INVALID"
