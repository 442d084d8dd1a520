"""Where an account ends: the coins that move it, the prices that liquidate, and how far to draw."""

from __future__ import annotations

from decimal import Decimal

from obverse.risk.account_sheets import shown_end
from obverse.risk.accounts import BookAccount

_LOWEST, _HIGHEST, _PAST = Decimal("-0.9"), Decimal(2), Decimal("0.05")
_STEPS = 40


def moved_by(account: BookAccount) -> tuple[str, ...]:
    """Coins whose price moves an account: of its positions, and its own coin beside them."""
    held = account.state.account.held
    own = [item.position.instrument.underlying for item in held]
    return tuple(dict.fromkeys(own)) or (account.state.account.coin.code,)


def drawing_moves(account: BookAccount, underlying: str) -> tuple[Decimal, ...]:
    """Moves for a drawing: −50 % to +50 %, or a little past liquidation prices not too far off."""
    low, high = Decimal("-0.5"), Decimal("0.5")
    for before, after, _ in ends_of(account, underlying):
        move = after / before - 1
        if _LOWEST <= move <= _HIGHEST:
            low, high = min(low, move - _PAST), max(high, move + _PAST)
    return tuple(low + (high - low) * place / _STEPS for place in range(_STEPS + 1))


def ends_of(account: BookAccount, underlying: str) -> tuple[tuple[Decimal, Decimal, str], ...]:
    """Liquidation prices that a coin's moves lead to: price now, price then, whose it is.

    Those too far off to be shown in tables are left out here too.
    """
    found = []
    for joint in account.state.joint:
        if joint.underlying == underlying:
            found += [(joint.price, end, "account") for end in (joint.below, joint.above)]
    for item in account.state.positions:
        instrument = item.held.position.instrument
        if item.held.setting.mode == "isolated" and instrument.underlying == underlying:
            found.append((item.held.mark_price, item.liquidation_price, item.held.symbol))
    shown = ((price, shown_end(end, price), whose) for price, end, whose in found)
    return tuple((price, end, whose) for price, end, whose in shown if end is not None)
