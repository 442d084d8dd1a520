"""A liquidation cascade: accounts fall, their closing moves the price, and more accounts fall.

The price is moved once; then, wave by wave, every account whose equity no longer exceeds what must
be held is closed whole at the wave's trade price, the price moves by the impact of all that was
traded, and the next wave begins, until a wave has nobody. An account falls once, so there are at
most as many waves as accounts.

What is left of a closed account goes to the fund or stays with the trader; a shortfall is bad debt:
the fund pays as far as it has (in a wave it takes in before it pays), the rest is taken from the
profits of winners at once, so that a deleveraged account may fall in a later wave. Coin is in whole
units, and what accounts lose is what the fund, the counterparties and the winners' debtors gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from obverse.contracts import Amount, Position, exact
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.units import ExactNumber, exact_price, to_decimal
from obverse.errors import BookError, DataError
from obverse.risk.engines.state import AtRisk
from obverse.risk.losses import InsuranceFund, cover, receive
from obverse.risk.losses.inputs import distinct
from obverse.risk.margin import MarginTerms
from obverse.risk.scenarios.cascade_results import AccountFate, Cascade, Wave
from obverse.risk.scenarios.impact import MarketImpact
from obverse.risk.scenarios.sharing import LossSharing, share


@dataclass(frozen=True)
class CascadeAccount:
    """One leveraged position and the coins behind it, without a fee kept for closing."""

    name: str
    position: Position
    margin: Amount
    terms: MarginTerms

    def __post_init__(self) -> None:
        """Refuse a flat position, and margin that is none or another coin."""
        if not self.position.contracts:
            raise BookError(f"account {self.name}: it has no position.")
        if self.margin.currency != self.position.cost.currency or self.margin.units <= 0:
            code = self.position.cost.currency.code
            raise BookError(f"account {self.name}: margin {self.margin}; expected {code} above 0.")

    def must_close(self, price: Decimal, margin: Amount | None = None) -> bool:
        """Whether equity is below what must be held at a price."""
        coins = self.margin if margin is None else margin
        return AtRisk(self.position, coins, self.terms, price).is_liquidated


@dataclass(frozen=True)
class CascadeRules:
    """What the venue does with closed accounts.

    Attributes
    ----------
    fund : the insurance fund at the start
    residual : who keeps what a closing leaves: `fund`, or `trader`
    fee_rate : liquidation fee on the value closed, to the fund as far as the account has it
    sharing : whose profits pay for what the fund does not cover
    """

    fund: Amount
    residual: Literal["fund", "trader"] = "fund"
    fee_rate: Decimal = Decimal(0)
    sharing: LossSharing = field(default_factory=LossSharing)

    def __post_init__(self) -> None:
        """Refuse fees below zero and unknown words."""
        object.__setattr__(self, "fee_rate", exact(self.fee_rate, "fee_rate"))
        if self.fee_rate < 0:
            raise DataError(f"fee_rate: {self.fee_rate} is below zero.")
        if self.residual not in ("fund", "trader"):
            raise DataError(f"residual {self.residual!r}: expected fund or trader.")


@dataclass(frozen=True)
class _State:
    """The cascade between two waves; `open` by name, in the order given."""

    price: Decimal
    traded: Fraction
    fund: InsuranceFund
    uncovered: Amount
    open: dict[str, AccountFate]
    closed: dict[str, AccountFate]


def run_cascade(
    accounts: Sequence[CascadeAccount],
    *,
    start_price: ExactNumber,
    move: ExactNumber,
    impact: MarketImpact,
    rules: CascadeRules,
    name: str = "cascade",
    simulated: bool = False,
) -> Cascade:
    """Run a cascade from a first move of the price (a fraction) until no account falls.

    All accounts are of one contract and margined in its coin; impact is measured in the coins that
    their contracts are worth at the price after the first move. `simulated` says so in titles.
    """
    by_name = _checked(accounts, rules)
    first = exact_price(start_price, "start_price")
    moved = exact(move, "move")
    if moved <= -1:
        raise DataError(f"move: {moved:%} leaves no price.")
    shocked = first * (1 + moved)
    fates = {
        account.name: AccountFate.before(account.name, account.position, account.margin, first)
        for account in accounts
    }
    zero = rules.fund.currency.zero
    state = _State(shocked, Fraction(0), InsuranceFund.of(rules.fund), zero, fates, {})
    waves: list[Wave] = []
    while failing := [fate for fate in state.open.values() if _fails(by_name, fate, state.price)]:
        assert len(waves) < len(accounts)
        state, wave = _wave(len(waves) + 1, failing, state, by_name, shocked, impact, rules)
        waves.append(wave)
    ended = state.closed | {
        key: replace(fate, gain=fate.position.pnl(price=state.price))
        for key, fate in state.open.items()
    }
    return Cascade(
        name=name,
        instrument=accounts[0].position.instrument,
        start_price=first,
        shocked_price=shocked,
        final_price=state.price,
        waves=tuple(waves),
        fates=tuple(ended[account.name] for account in accounts),
        fund=state.fund,
        uncovered=state.uncovered,
        simulated=simulated,
    )


def _checked(accounts: Sequence[CascadeAccount], rules: CascadeRules) -> dict[str, CascadeAccount]:
    if not accounts:
        raise BookError("cascade: there is no account.")
    distinct(account.name for account in accounts)
    instrument = accounts[0].position.instrument
    for account in accounts:
        if account.position.instrument != instrument:
            other = account.position.instrument.symbol
            raise BookError(
                f"account {account.name} holds {other}, others {instrument.symbol}; "
                "a cascade is of one contract."
            )
    if rules.fund.currency != instrument.settlement_currency:
        code = instrument.settlement_currency.code
        raise BookError(
            f"the fund is in {rules.fund.currency.code}, {instrument.symbol} in {code}."
        )
    return {account.name: account for account in accounts}


def _fails(by_name: dict[str, CascadeAccount], fate: AccountFate, price: Decimal) -> bool:
    return by_name[fate.account].must_close(price, fate.margin - fate.haircut)


def _wave(
    number: int,
    failing: Sequence[AccountFate],
    state: _State,
    by_name: dict[str, CascadeAccount],
    shocked: Decimal,
    impact: MarketImpact,
    rules: CascadeRules,
) -> tuple[_State, Wave]:
    after = state.traded + sum((_bought(fate, shocked) for fate in failing), Fraction(0))
    traded_at = impact.trade_price(shocked, state.traded, after)
    price = impact.price(shocked, after)
    closed = [_closed(fate, traded_at, number, rules) for fate in failing]
    fund = state.fund
    for fate in closed:
        fund, _ = receive(fund, fate.to_fund, fate.account)
    owed: dict[str, Amount] = {}
    for fate in closed:
        fund, entry = cover(fund, fate.bad_debt, fate.account)
        owed[fate.account] = entry.residual
    names = {fate.account for fate in closed}
    staying = {key: fate for key, fate in state.open.items() if key not in names}
    shared = share(
        rules.sharing,
        [(fate.position.contracts > 0, owed[fate.account]) for fate in closed],
        [(fate, by_name[key].terms) for key, fate in staying.items()],
        price=price,
    )
    staying = {
        key: fate.cut(taken) if (taken := shared.taken.get(key)) else fate
        for key, fate in staying.items()
    }
    wave = Wave(
        number=number,
        price_before=state.price,
        trade_price=traded_at,
        price_after=price,
        accounts=tuple(fate.account for fate in closed),
        contracts=sum((abs(fate.position.contracts) for fate in closed), Decimal(0)),
        coins=to_decimal(abs(after - state.traded)),
        bad_debt=_total((fate.bad_debt for fate in closed), rules),
        fund=fund.balance,
        haircut=_total(shared.taken.values(), rules),
        uncovered=shared.uncovered,
    )
    closed_too = state.closed | {fate.account: fate for fate in closed}
    uncovered = state.uncovered + shared.uncovered
    return _State(price, after, fund, uncovered, staying, closed_too), wave


def _bought(fate: AccountFate, shocked: Decimal) -> Fraction:
    """Signed coins that closing buys, at the price after the first move."""
    return -fate.position.instrument.payoff.value(fate.position.contracts, shocked)


def _closed(fate: AccountFate, price: Decimal, wave: int, rules: CascadeRules) -> AccountFate:
    """An account closed at a price: its gain, the fee and residual that it leaves, its bad debt."""
    position = fate.position
    gain = position.pnl(price=price)
    zero = gain.currency.zero
    left = fate.margin - fate.haircut + gain
    has = max(left, zero)
    value = position.value(price=price)
    fee = min(rounded_fee(position.instrument.accounting, value, rules.fee_rate), has)
    return replace(
        fate,
        fate="bankrupt" if left.units < 0 else "liquidated",
        wave=wave,
        closed_at=price,
        gain=gain,
        to_fund=has if rules.residual == "fund" else fee,
        bad_debt=has - left,
    )


def _total(amounts: Iterable[Amount], rules: CascadeRules) -> Amount:
    return sum(amounts, rules.fund.currency.zero)
