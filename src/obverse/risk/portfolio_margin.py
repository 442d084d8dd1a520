"""Portfolio margin by the worst of a grid of scenarios, exactly (Deribit's, for futures).

Symbols: q signed coins of a position at its mark, m move of the price, k buckets each side.

    moves          m = i/k · price range,  i = −k … k
    inverse gain   q·m/(1 + m) coins: the coins of a fixed number of dollars, 1/S in price
    pair           sum over its positions; a gain counts `gain_offset` of itself against other pairs
    worst case     −min over the moves of the sum over pairs, not below zero
    roll shock     Σ |q| · max(minimum annualised move, annualised move · years to delivery)
    risk matrix    worst case + roll shock + delta shock + correlation contingency
    initial        risk matrix + market-maker protection + open orders + spot
    maintenance    maintenance factor · risk matrix

Beyond the price range (the extended table) futures gain what they gain at its end. The matrix has
three states of volatility; a future is worth the same in all of them, so there is one column a
position and `risk.volatility_shock` says what an option would have to bear.

Source: Deribit private/pme/simulate, example of 2024 and response of 2026-02-15 (papers, section
10): both reproduce to the last digit when the worst case enters with the venue's nine decimals.
They are at the floor of the roll shock: that the other branch grows with years to delivery is read
from its name. How the delta shock is worked out is not published: it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts.units import ExactNumber, Rounding, exact, round_to_step, to_decimal
from obverse.errors import BookError, RuleError
from obverse.risk.coin_positions import CoinPosition
from obverse.risk.portfolio_margin_sheets import matrix_table, summary_table
from obverse.rulebooks.records import PortfolioMarginRule
from obverse.tables import Table, Tabular

MAX_BUCKETS = 1000


@dataclass(frozen=True)
class PortfolioMarginTerms:
    """What a venue's portfolio margin is made with; fractions unless said otherwise.

    Attributes
    ----------
    price_range, buckets : largest move, and steps to it on each side
    gain_offset : share of a pair's gain that counts against losses of other pairs
    minimum_annualised_move : least roll shock per coin of gross position
    maintenance_factor : maintenance over the risk matrix
    annualised_move : roll shock per coin and year to delivery, where the venue gives one
    extended_moves : moves beyond the range, at which futures gain what they do at its end
    places : decimals of a coin to which the worst case enters the risk matrix; none for all
    """

    price_range: Decimal
    buckets: int
    gain_offset: Decimal
    minimum_annualised_move: Decimal
    maintenance_factor: Decimal
    annualised_move: Decimal | None = None
    extended_moves: tuple[Decimal, ...] = ()
    places: int | None = None

    def __post_init__(self) -> None:
        """Refuse terms that no venue can mean."""
        if not 0 < self.price_range < 1:
            raise RuleError(f"price_range: {self.price_range} is not above 0 and below 1.")
        if not 1 <= self.buckets <= MAX_BUCKETS:
            raise RuleError(f"buckets: {self.buckets}, expected 1 to {MAX_BUCKETS} each side.")
        for name in ("gain_offset", "maintenance_factor"):
            if not 0 <= getattr(self, name) <= 1:
                raise RuleError(f"{name}: {getattr(self, name)} is not from 0 to 1.")
        for name in ("minimum_annualised_move", "annualised_move"):
            if (getattr(self, name) or 0) < 0:
                raise RuleError(f"{name}: {getattr(self, name)} is below zero.")
        if any(move <= -1 for move in self.extended_moves):
            raise RuleError("extended_moves: a move of −100 % or below leaves no price.")

    @property
    def moves(self) -> tuple[Fraction, ...]:
        """The grid: 2·buckets + 1 moves from −range to +range, then the extended ones."""
        step = Fraction(self.price_range) / self.buckets
        grid = tuple(step * place for place in range(-self.buckets, self.buckets + 1))
        return (*grid, *(Fraction(move) for move in self.extended_moves))


@dataclass(frozen=True)
class Bucket:
    """One move of the price: each position's gain in coin, and their sum with the offset."""

    move: Fraction
    gains: tuple[Fraction, ...]
    total: Fraction


@dataclass(frozen=True, repr=False)
class PortfolioMargin(Tabular):
    """Portfolio margin of positions settled in one coin; prints as its matrix.

    Amounts are coins, exact; `summary()` is the table of the margins.
    """

    coin: str
    terms: PortfolioMarginTerms
    positions: tuple[CoinPosition, ...]
    matrix: tuple[Bucket, ...]
    roll_shock: Fraction
    delta_shock: Fraction = Fraction(0)
    correlation_contingency: Fraction = Fraction(0)
    market_maker_protection_margin: Fraction = Fraction(0)
    open_orders_margin: Fraction = Fraction(0)
    spot_margin: Fraction = Fraction(0)

    @property
    def worst(self) -> Bucket:
        """The bucket that loses most; the first of equals."""
        return min(self.matrix, key=lambda bucket: bucket.total)

    @property
    def worst_case(self) -> Fraction:
        """The largest loss of the grid, as a positive number."""
        return max(-self.worst.total, Fraction(0))

    @property
    def risk_matrix_margin(self) -> Fraction:
        """Worst case, to the places that the terms keep, and the shocks that are added to it."""
        shocks = self.roll_shock + self.delta_shock + self.correlation_contingency
        if self.terms.places is None:
            return self.worst_case + shocks
        step = Decimal(1).scaleb(-self.terms.places)
        return Fraction(round_to_step(self.worst_case, step, Rounding.NEAREST)) + shocks

    @property
    def initial_margin(self) -> Fraction:
        """Risk matrix, market-maker protection, open orders and spot."""
        beside = self.market_maker_protection_margin + self.open_orders_margin + self.spot_margin
        return self.risk_matrix_margin + beside

    @property
    def maintenance_margin(self) -> Fraction:
        """The venue's share of the risk matrix."""
        return Fraction(self.terms.maintenance_factor) * self.risk_matrix_margin

    def table(self) -> Table:
        """One row a move of the price, one column a position."""
        return matrix_table(self)

    def summary(self) -> Table:
        """The margins and what they are made of."""
        return summary_table(self)


def portfolio_margin_terms(
    rule: PortfolioMarginRule, places: int | None = None
) -> PortfolioMarginTerms:
    """The terms of a rulebook's rule, as in force at `rules.portfolio_margin`.

    `places` are the decimals that the venue keeps of the coin (`rules.rounding.exponent`).
    """
    return PortfolioMarginTerms(
        price_range=rule.price_range,
        buckets=rule.buckets,
        gain_offset=rule.gain_offset,
        minimum_annualised_move=rule.minimum_annualised_move,
        maintenance_factor=rule.maintenance_factor,
        places=places,
    )


def scenario_pnl(
    coins: ExactNumber | Fraction,
    price_move: ExactNumber | Fraction,
    price_range: Decimal | None = None,
) -> Fraction:
    """Coins that an inverse position of signed `coins` gains when its price moves: q·m/(1 + m).

    With a `price_range` the move is held within it, as futures are in the extended table.
    """
    position, move = _fraction(coins, "coin_position"), _fraction(price_move, "price_move")
    if move <= -1:
        raise RuleError(f"price_move: {to_decimal(move)} leaves no price; expected above −1.")
    if price_range is not None:
        limit = Fraction(price_range)
        move = max(-limit, min(limit, move))
    return position * move / (1 + move)


def portfolio_margin(
    positions: Sequence[CoinPosition],
    terms: PortfolioMarginTerms,
    *,
    coin: str = "coin",
    delta_shock: ExactNumber = 0,
    correlation_contingency: ExactNumber = 0,
    market_maker_protection_margin: ExactNumber = 0,
    open_orders_margin: ExactNumber = 0,
    spot_margin: ExactNumber = 0,
) -> PortfolioMargin:
    """Portfolio margin of positions that settle in one coin, in that coin, unrounded.

    What is given beside the positions is in coin and not below zero.
    """
    given = {
        "delta_shock": delta_shock,
        "correlation_contingency": correlation_contingency,
        "market_maker_protection_margin": market_maker_protection_margin,
        "open_orders_margin": open_orders_margin,
        "spot_margin": spot_margin,
    }
    return PortfolioMargin(
        coin=coin,
        terms=terms,
        positions=tuple(positions),
        matrix=tuple(_bucket(positions, terms, move) for move in terms.moves),
        roll_shock=sum((_roll_shock(item, terms) for item in positions), Fraction(0)),
        **{name: _not_below_zero(number, name) for name, number in given.items()},
    )


def _bucket(
    positions: Sequence[CoinPosition], terms: PortfolioMarginTerms, move: Fraction
) -> Bucket:
    gains = tuple(scenario_pnl(item.coins, move, terms.price_range) for item in positions)
    pairs: dict[str, Fraction] = {}
    for item, gain in zip(positions, gains, strict=True):
        pairs[item.pair] = pairs.get(item.pair, Fraction(0)) + gain
    offset = Fraction(terms.gain_offset)
    counted = (gain * offset if gain > 0 else gain for gain in pairs.values())
    return Bucket(move, gains, sum(counted, Fraction(0)))


def _roll_shock(item: CoinPosition, terms: PortfolioMarginTerms) -> Fraction:
    move = Fraction(terms.minimum_annualised_move)
    if terms.annualised_move is not None:
        move = max(move, Fraction(terms.annualised_move) * item.years_to_delivery)
    return move * abs(item.coins)


def _fraction(number: ExactNumber | Fraction, what: str) -> Fraction:
    return number if isinstance(number, Fraction) else Fraction(exact(number, what))


def _not_below_zero(number: ExactNumber, what: str) -> Fraction:
    value = exact(number, what)
    if value < 0:
        raise BookError(f"{what}: {value:f} is below zero; a margin is zero or more.")
    return Fraction(value)
