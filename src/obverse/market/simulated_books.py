"""The simulated perpetual's best bid, ask and last price, hour by hour.

The same numbers as the quotes of `obverse.market.simulation` at those hours, as arrays: whole
units of a hundredth of a cent, so that ticks are kept exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
