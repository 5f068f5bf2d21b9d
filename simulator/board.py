"""What a person sees of a running fleet; the title says what it is."""

from rich.table import Table

from simulator.fleet import FleetState


def board(state: FleetState, *, url: str) -> Table:
    """One look at a fleet as a table of numbers."""
    table = Table(title=f"Simulated fleet, no real charger involved, dialling {url}")
    for heading in ("stations", "online", "cars", "charging", "sessions done", "power kW", "unsent"):
        table.add_column(heading, justify="right")
    numbers = (state.stations, state.online, state.plugged, state.charging, state.sessions)
    table.add_row(*(str(number) for number in numbers), f"{state.power_w / 1000:.1f}", str(state.unsent))
    return table
