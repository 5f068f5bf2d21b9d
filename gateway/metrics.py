"""What the gateway counts. Labels are few: versions, served actions and our own words, never anything a peer chose."""

from functools import cache

from prometheus_client import Counter, Gauge

CALLS = Counter("voltgraph_ocpp_calls_total", "CALLs from stations", ["version", "action", "result"])
FRAMES_REFUSED = Counter("voltgraph_ocpp_frames_refused_total", "Frames that could not be used", ["version", "fault"])
RESULTS_UNSOLICITED = Counter("voltgraph_ocpp_results_unsolicited_total", "Answers to nothing we asked", ["version"])
QUIRKS = Counter("voltgraph_ocpp_quirks_total", "Oddities of stations met in their frames", ["version", "quirk"])
COMMANDS = Counter("voltgraph_ocpp_commands_total", "Commands to stations", ["version", "action", "result"])
HANDSHAKES = Counter("voltgraph_ocpp_handshakes_total", "WebSocket upgrade requests", ["result"])
CONNECTIONS = Gauge("voltgraph_ocpp_connections", "Open station connections", ["version"])
CLOSED_SILENT = Counter("voltgraph_ocpp_closed_silent_total", "Connections ended because nothing was heard", [])


@cache
def calls(version: str, action: str, result: str) -> Counter:
    """The counter of one kind of CALL; looking labels up costs more than a heartbeat's whole translation."""
    return CALLS.labels(version, action, result)
