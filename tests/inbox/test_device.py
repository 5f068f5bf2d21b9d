"""What stations say of themselves stays bounded, whole and in order, however it arrives."""

import asyncio
from datetime import timedelta

from app.domain.device import ReportedVariable, VariablePlace
from app.domain.device_event import CustomerInformationReported, EventStreamSent, VariablesReported
from app.domain.event import EventsNotified, MonitoredEvent
from tests.ground import START


def said(number: int, *, last: bool = False, request: int = 1, value: str = "v") -> VariablesReported:
    variable = ReportedVariable(VariablePlace("C", f"V{number}"), value=value, unit="W" if number == 0 else None)
    return VariablesReported(request, number, last, START, (variable,))


async def test_parts_that_share_a_batch_are_all_counted(voice, world):
    one = await voice()
    await asyncio.gather(*(one.say(said(number, last=number == 4)) for number in range(5)))
    assert world.one("SELECT seen::text, last_seq_no FROM station_report") == ("{[0,5)}", 4)
    assert world.one("SELECT count(*) FROM variable") == (5,)


async def test_a_part_sent_again_changes_nothing(voice, world):
    one = await voice()
    for number in (0, 1, 1):
        await one.say(said(number, last=number == 1))
    assert world.one("SELECT seen::text, last_seq_no FROM station_report") == ("{[0,2)}", 1)
    assert world.one("SELECT count(*) FROM variable_change") == (2,)


async def test_what_is_not_said_keeps_its_value_and_names_are_read_in_any_case(voice, world):
    one = await voice()
    await one.say(said(0, value="1"))
    bare = ReportedVariable(VariablePlace("c", "v0"), value="2")
    await one.say(VariablesReported(2, 0, True, None, (bare,)))
    assert world.rows("SELECT component, variable, value, unit FROM variable") == [("C", "V0", "2", "W")]
    assert world.rows("SELECT value FROM variable_change ORDER BY key") == [("1",), ("2",)]


async def test_names_without_end_are_cut(voice, world):
    one = await voice()
    long = ReportedVariable(VariablePlace("C" * 500, "V" * 500, "i" * 500, "j" * 500), "A" * 500, "x" * 2500)
    await one.say(VariablesReported(1, 0, True, START, (long,)))
    assert world.one(
        "SELECT length(component), length(variable), length(component_instance), length(attribute), length(value)"
        " FROM variable"
    ) == (50, 50, 50, 50, 2500)


async def test_reports_without_end_leave_the_newest(voice, world):
    one = await voice()
    await asyncio.gather(*(one.say(said(0, last=True, request=number)) for number in range(230)))
    assert world.one("SELECT count(*) FROM station_report") == (200,)
    await one.say(said(0, last=True, request=1000))
    assert world.one("SELECT count(*), max(request_id) FROM station_report") == (200, 1000)


async def test_one_stations_flood_takes_nothing_from_another(voice, world):
    one, two = await voice("CP-1"), await voice("CP-2")
    await two.say(said(0, last=True))
    await asyncio.gather(*(one.say(said(0, last=True, request=number)) for number in range(210)))
    assert world.one("SELECT count(*) FROM station_report WHERE station_key = %s", two.row.key) == (1,)


async def test_texts_about_customers_end_somewhere(voice, world):
    one = await voice()
    for number in range(0, 900, 100):
        await asyncio.gather(
            *(
                one.say(CustomerInformationReported(1, part, False, START, "x" * 512))
                for part in range(number, number + 100)
            )
        )
    assert world.one("SELECT length(texts::text) < 300000 FROM station_report") == (True,)


async def test_the_same_event_again_is_the_same_event(voice, world):
    one = await voice()
    entry = MonitoredEvent(1, START, "Alerting", "C", "V", None, "x")
    later = MonitoredEvent(1, START + timedelta(seconds=1), "Alerting", "C", "V", None, "x")
    for event in (entry, entry, later):
        await one.say(EventsNotified((event,)))
    assert world.one("SELECT count(*) FROM station_event") == (2,)


async def test_a_stream_that_nobody_opened_is_kept(voice, world):
    one = await voice()
    await one.say(EventStreamSent(9, 0, ((START, "1"), (START + timedelta(seconds=1), "2"))))
    assert world.rows("SELECT stream_id, value FROM stream_value ORDER BY key") == [(9, "1"), (9, "2")]
    assert world.one("SELECT stream_id, monitor_id FROM event_stream") == (9, None)
