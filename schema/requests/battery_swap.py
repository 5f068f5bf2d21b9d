"""Battery swaps."""

from app.domain.request.battery_swap import RequestBatterySwap
from schema.requests.face import Face

FACES = (Face("batterySwapRequest", RequestBatterySwap, "Lets somebody swap a battery."),)
