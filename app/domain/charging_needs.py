"""What a car tells a station it needs (ISO 15118; 2.0.1 and 2.1 K15 to K18)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from app.domain.request.charging_profile import EnergyTransferMode
from app.domain.request.der import DERControl


@dataclass(frozen=True, slots=True)
class ACChargingParameters:
    """What a car wants of alternating current."""

    energy_amount: Annotated[float, "Energy wanted, in Wh."]
    ev_min_current: Annotated[float, "The car's least current, in A."]
    ev_max_current: Annotated[float, "The car's most current, in A."]
    ev_max_voltage: Annotated[float, "The car's most voltage, in V."]


class IslandingDetection(StrEnum):
    """How an inverter notices that the grid is gone."""

    NO_ANTI_ISLANDING_SUPPORT = "NoAntiIslandingSupport"
    RO_CO_F = "RoCoF"
    UVP_OVP = "UVP_OVP"
    UFP_OFP = "UFP_OFP"
    VOLTAGE_VECTOR_SHIFT = "VoltageVectorShift"
    ZERO_CROSSING_DETECTION = "ZeroCrossingDetection"
    OTHER_PASSIVE = "OtherPassive"
    IMPEDANCE_MEASUREMENT = "ImpedanceMeasurement"
    IMPEDANCE_AT_FREQUENCY = "ImpedanceAtFrequency"
    SLIP_MODE_FREQUENCY_SHIFT = "SlipModeFrequencyShift"
    SANDIA_FREQUENCY_SHIFT = "SandiaFrequencyShift"
    SANDIA_VOLTAGE_SHIFT = "SandiaVoltageShift"
    FREQUENCY_JUMP = "FrequencyJump"
    RCLQ_FACTOR = "RCLQFactor"
    OTHER_ACTIVE = "OtherActive"


@dataclass(frozen=True, slots=True)
class DERChargingParameters:
    """What a car's inverter can do for the grid."""

    ev_supported_der_control: Annotated[tuple[DERControl, ...], "Grid functions of its inverter."] = field(
        default=(), metadata={"wire": "evSupportedDERControl"}
    )
    ev_over_excited_max_discharge_power: Annotated[
        float | None, "The car's over excited most discharge power, in W."
    ] = None
    ev_over_excited_power_factor: Annotated[float | None, "The car's over excited power factor."] = None
    ev_under_excited_max_discharge_power: Annotated[
        float | None, "The car's under excited most discharge power, in W."
    ] = None
    ev_under_excited_power_factor: Annotated[float | None, "The car's under excited power factor."] = None
    max_apparent_power: Annotated[float | None, "Most apparent power, in VA."] = None
    max_charge_apparent_power: Annotated[float | None, "Most charge apparent power, in VA."] = None
    max_charge_apparent_power_l2: Annotated[float | None, "Most charge apparent power on L2, in VA."] = field(
        default=None, metadata={"wire": "maxChargeApparentPower_L2"}
    )
    max_charge_apparent_power_l3: Annotated[float | None, "Most charge apparent power on L3, in VA."] = field(
        default=None, metadata={"wire": "maxChargeApparentPower_L3"}
    )
    max_discharge_apparent_power: Annotated[float | None, "Most discharge apparent power, in VA."] = None
    max_discharge_apparent_power_l2: Annotated[float | None, "Most discharge apparent power on L2, in VA."] = field(
        default=None, metadata={"wire": "maxDischargeApparentPower_L2"}
    )
    max_discharge_apparent_power_l3: Annotated[float | None, "Most discharge apparent power on L3, in VA."] = field(
        default=None, metadata={"wire": "maxDischargeApparentPower_L3"}
    )
    max_charge_reactive_power: Annotated[float | None, "Most charge reactive power, in var."] = None
    max_charge_reactive_power_l2: Annotated[float | None, "Most charge reactive power on L2, in var."] = field(
        default=None, metadata={"wire": "maxChargeReactivePower_L2"}
    )
    max_charge_reactive_power_l3: Annotated[float | None, "Most charge reactive power on L3, in var."] = field(
        default=None, metadata={"wire": "maxChargeReactivePower_L3"}
    )
    min_charge_reactive_power: Annotated[float | None, "Least charge reactive power, in var."] = None
    min_charge_reactive_power_l2: Annotated[float | None, "Least charge reactive power on L2, in var."] = field(
        default=None, metadata={"wire": "minChargeReactivePower_L2"}
    )
    min_charge_reactive_power_l3: Annotated[float | None, "Least charge reactive power on L3, in var."] = field(
        default=None, metadata={"wire": "minChargeReactivePower_L3"}
    )
    max_discharge_reactive_power: Annotated[float | None, "Most discharge reactive power, in var."] = None
    max_discharge_reactive_power_l2: Annotated[float | None, "Most discharge reactive power on L2, in var."] = field(
        default=None, metadata={"wire": "maxDischargeReactivePower_L2"}
    )
    max_discharge_reactive_power_l3: Annotated[float | None, "Most discharge reactive power on L3, in var."] = field(
        default=None, metadata={"wire": "maxDischargeReactivePower_L3"}
    )
    min_discharge_reactive_power: Annotated[float | None, "Least discharge reactive power, in var."] = None
    min_discharge_reactive_power_l2: Annotated[float | None, "Least discharge reactive power on L2, in var."] = field(
        default=None, metadata={"wire": "minDischargeReactivePower_L2"}
    )
    min_discharge_reactive_power_l3: Annotated[float | None, "Least discharge reactive power on L3, in var."] = field(
        default=None, metadata={"wire": "minDischargeReactivePower_L3"}
    )
    nominal_voltage: Annotated[float | None, "Nominal voltage, in V."] = None
    nominal_voltage_offset: Annotated[float | None, "Nominal voltage offset."] = None
    max_nominal_voltage: Annotated[float | None, "Most nominal voltage, in V."] = None
    min_nominal_voltage: Annotated[float | None, "Least nominal voltage, in V."] = None
    ev_inverter_manufacturer: Annotated[str | None, "The car's inverter manufacturer."] = None
    ev_inverter_model: Annotated[str | None, "The car's inverter model."] = None
    ev_inverter_serial_number: Annotated[str | None, "The car's inverter serial number."] = None
    ev_inverter_sw_version: Annotated[str | None, "The car's inverter software version."] = None
    ev_inverter_hw_version: Annotated[str | None, "The car's inverter hardware version."] = None
    ev_islanding_detection_method: Annotated[
        tuple[IslandingDetection, ...], "The car's islanding detection method."
    ] = ()
    ev_islanding_trip_time: Annotated[float | None, "The car's islanding trip time."] = None
    ev_maximum_level1_d_c_injection: Annotated[float | None, "The car's most level1 DC injection."] = None
    ev_duration_level1_d_c_injection: Annotated[float | None, "The car's duration level1 DC injection."] = None
    ev_maximum_level2_d_c_injection: Annotated[float | None, "The car's most level2 DC injection."] = None
    ev_duration_level2_d_c_injection: Annotated[float | None, "The car's duration level2 DC injection."] = None
    ev_reactive_susceptance: Annotated[float | None, "The car's reactive susceptance."] = None
    ev_session_total_discharge_energy_available: Annotated[
        float | None, "The car's session total discharge energy available, in Wh."
    ] = None


@dataclass(frozen=True, slots=True)
class EVPriceRule:
    """A car's price from a power on."""

    energy_fee: Annotated[float, "What a kWh costs."]
    power_range_start: Annotated[float, "From this power on, in W."]


@dataclass(frozen=True, slots=True)
class EVAbsolutePriceScheduleEntry:
    """Prices of a car for a time."""

    duration: Annotated[int, "For how many seconds."]
    ev_price_rule: Annotated[tuple[EVPriceRule, ...], "The car's price rule."]


@dataclass(frozen=True, slots=True)
class EVAbsolutePriceSchedule:
    """What a car asks for energy it feeds back."""

    time_anchor: Annotated[datetime, "From when it counts."]
    currency: Annotated[str, "ISO 4217 code."]
    ev_absolute_price_schedule_entries: Annotated[
        tuple[EVAbsolutePriceScheduleEntry, ...], "The car's absolute price schedule entries."
    ]
    price_algorithm: Annotated[str, "How the price is calculated, as ISO 15118-20 names it."]


@dataclass(frozen=True, slots=True)
class EVPowerScheduleEntry:
    """Power for a time."""

    duration: Annotated[int, "For how many seconds."]
    power: Annotated[float, "In W; negative feeds back."]


@dataclass(frozen=True, slots=True)
class EVPowerSchedule:
    """Power that a car offers over time."""

    ev_power_schedule_entries: Annotated[tuple[EVPowerScheduleEntry, ...], "The car's power schedule entries, in W."]
    time_anchor: Annotated[datetime, "From when it counts."]


@dataclass(frozen=True, slots=True)
class EVEnergyOffer:
    """Energy that a car offers."""

    ev_power_schedule: Annotated[EVPowerSchedule, "Its power."]
    ev_absolute_price_schedule: Annotated[EVAbsolutePriceSchedule | None, "Its prices."] = None


@dataclass(frozen=True, slots=True)
class DCChargingParameters:
    """What a car wants of direct current."""

    ev_max_current: Annotated[float, "The car's most current, in A."]
    ev_max_voltage: Annotated[float, "The car's most voltage, in V."]
    ev_max_power: Annotated[float | None, "The car's most power, in W."] = None
    ev_energy_capacity: Annotated[float | None, "Battery size, in Wh."] = None
    energy_amount: Annotated[float | None, "Energy wanted, in Wh."] = None
    state_of_charge: Annotated[int | None, "Charge now, in percent."] = None
    full_soc: Annotated[int | None, "Charge at which it is full, in percent."] = field(
        default=None, metadata={"wire": "fullSoC"}
    )
    bulk_soc: Annotated[int | None, "Charge at which bulk charging ends, in percent."] = field(
        default=None, metadata={"wire": "bulkSoC"}
    )


@dataclass(frozen=True, slots=True)
class V2XChargingParameters:
    """Limits of a car that can feed back."""

    min_charge_power: Annotated[float | None, "Least charge power, in W."] = None
    min_charge_power_l2: Annotated[float | None, "Least charge power on L2, in W."] = field(
        default=None, metadata={"wire": "minChargePower_L2"}
    )
    min_charge_power_l3: Annotated[float | None, "Least charge power on L3, in W."] = field(
        default=None, metadata={"wire": "minChargePower_L3"}
    )
    max_charge_power: Annotated[float | None, "Most charge power, in W."] = None
    max_charge_power_l2: Annotated[float | None, "Most charge power on L2, in W."] = field(
        default=None, metadata={"wire": "maxChargePower_L2"}
    )
    max_charge_power_l3: Annotated[float | None, "Most charge power on L3, in W."] = field(
        default=None, metadata={"wire": "maxChargePower_L3"}
    )
    min_discharge_power: Annotated[float | None, "Least discharge power, in W."] = None
    min_discharge_power_l2: Annotated[float | None, "Least discharge power on L2, in W."] = field(
        default=None, metadata={"wire": "minDischargePower_L2"}
    )
    min_discharge_power_l3: Annotated[float | None, "Least discharge power on L3, in W."] = field(
        default=None, metadata={"wire": "minDischargePower_L3"}
    )
    max_discharge_power: Annotated[float | None, "Most discharge power, in W."] = None
    max_discharge_power_l2: Annotated[float | None, "Most discharge power on L2, in W."] = field(
        default=None, metadata={"wire": "maxDischargePower_L2"}
    )
    max_discharge_power_l3: Annotated[float | None, "Most discharge power on L3, in W."] = field(
        default=None, metadata={"wire": "maxDischargePower_L3"}
    )
    min_charge_current: Annotated[float | None, "Least charge current, in A."] = None
    max_charge_current: Annotated[float | None, "Most charge current, in A."] = None
    min_discharge_current: Annotated[float | None, "Least discharge current, in A."] = None
    max_discharge_current: Annotated[float | None, "Most discharge current, in A."] = None
    min_voltage: Annotated[float | None, "Least voltage, in V."] = None
    max_voltage: Annotated[float | None, "Most voltage, in V."] = None
    ev_target_energy_request: Annotated[float | None, "The car's target energy request, in Wh."] = None
    ev_min_energy_request: Annotated[float | None, "The car's least energy request, in Wh."] = None
    ev_max_energy_request: Annotated[float | None, "The car's most energy request, in Wh."] = None
    ev_min_v2_x_energy_request: Annotated[float | None, "The car's least v2 xenergy request."] = None
    ev_max_v2_x_energy_request: Annotated[float | None, "The car's most v2 xenergy request."] = None
    target_soc: Annotated[int | None, "Charge wanted, in percent."] = field(
        default=None, metadata={"wire": "targetSoC"}
    )


class ControlMode(StrEnum):
    """Who plans: the car following a schedule, or the station steering."""

    SCHEDULED_CONTROL = "ScheduledControl"
    DYNAMIC_CONTROL = "DynamicControl"


class MobilityNeedsMode(StrEnum):
    """Who says when the car must be ready: the car alone, or the backend, too."""

    EVCC = "EVCC"
    EVCC_SECC = "EVCC_SECC"


@dataclass(frozen=True, slots=True)
class ChargingNeeds:
    """What a car says it needs."""

    requested_energy_transfer: Annotated[EnergyTransferMode, "The mode it wants."]
    ac_charging_parameters: Annotated[ACChargingParameters | None, "For alternating current."] = None
    der_charging_parameters: Annotated[DERChargingParameters | None, "For grid functions."] = None
    ev_energy_offer: Annotated[EVEnergyOffer | None, "What it offers."] = None
    dc_charging_parameters: Annotated[DCChargingParameters | None, "For direct current."] = None
    v2x_charging_parameters: Annotated[V2XChargingParameters | None, "For feeding back."] = None
    available_energy_transfer: Annotated[tuple[EnergyTransferMode, ...], "All modes it can do."] = ()
    control_mode: Annotated[ControlMode | None, "Who plans."] = None
    mobility_needs_mode: Annotated[MobilityNeedsMode | None, "Who says when it must be ready."] = None
    departure_time: Annotated[datetime | None, "When it wants to leave."] = None
