"""Loss socialisation: a shortfall that no fund covers, shared by the winners of a session.

Each winner gives the same fraction of the session's gain, in whole units; losers give nothing.
Source: Deribit's rule (fund first, then that day's winners at settlement, pro rata to their gain).
"""

from __future__ import annotations

from collections.abc import Mapping

from obverse.contracts.units import Amount
from obverse.risk.losses.coin_allocation import CoinAllocation, allocate_coins


def socialise(shortfall: Amount, session_gains: Mapping[str, Amount]) -> CoinAllocation:
    """Share a shortfall among a session's winners, pro rata to what they gained.

    `session_gains` are signed, from account to gain; accounts that lost or broke even are not in
    the result. A shortfall above all gains leaves the rest `uncovered`: principal is not touched.
    """
    nothing = shortfall.currency.zero
    winners = {account: gain for account, gain in session_gains.items() if nothing < gain}
    return allocate_coins("pro_rata", winners, shortfall)
