"""What was agreed: exact units, payoffs, instruments, positions, names and the calendar."""

from obverse.contracts.accounting import Accounting
from obverse.contracts.instants import instant, iso
from obverse.contracts.instruments import Instrument, Kind
from obverse.contracts.payoffs import Inverse, Linear, Payoff, Quanto
from obverse.contracts.positions import Position, fill
from obverse.contracts.units import USD, Amount, Currency, Rounding, exact

__all__ = [
    "USD",
    "Accounting",
    "Amount",
    "Currency",
    "Instrument",
    "Inverse",
    "Kind",
    "Linear",
    "Payoff",
    "Position",
    "Quanto",
    "Rounding",
    "exact",
    "fill",
    "instant",
    "iso",
]
