"""A small rulebook of an imaginary venue, for tests to spoil."""

from __future__ import annotations

from obverse.rulebooks import read_venue
from obverse.rulebooks.records import VenueFile

PATH = "harbour.toml"
TEXT = """\
venue = "harbour"
name = "Harbour"
from = 2020-01-01  # the first day

[sources]
H1 = "its rules"
H2 = "its fees"

[[products]]
id = "perpetual"
kind = "perpetual"
payoff = "inverse"
underlying = "BTC"
quote = "USD"
settlement = "BTC"
symbol = "BTC-PERP"
index = "btc"
from = 2020-01-01
source = ["H1"]

[[products]]
id = "future"
kind = "future"
payoff = "inverse"
underlying = "BTC"
quote = "USD"
settlement = "BTC"
symbol = "BTC-{YYMMDD}"
index = "btc"
from = 2020-02-01
source = ["H1"]

[[specification]]
products = ["*"]
from = 2020-01-01
multiplier = 1
tick = 0.5
lot = 1
order_unit = "contracts"
source = ["H1"]

[[specification]]
products = ["perpetual"]
from = 2021-06-08T04:30:00Z
multiplier = 1
tick = 0.1
lot = 100
order_unit = "contracts"
source = ["H1"]

[[rounding]]
products = ["*"]
from = 2020-01-01
exponent = 8
value = { places = 8, rounding = "nearest" }
fee = { places = 8, rounding = "toward_zero" }
delivery_fee = { places = 6, rounding = "ceiling" }
source = ["H1"]

[[fees]]
products = ["*"]
from = 2020-01-01
maker = -0.0001
taker = 0.0005
delivery = 0.0002
source = ["H2"]

[[fees]]
products = ["future"]
from = 2020-02-01
cycle = "weekly"
maker = 0
taker = 0.0003
delivery = 0
source = ["H2"]

[[calendar]]
products = ["future"]
from = 2020-02-01
cycles = { weekly = 2, quarterly = 1 }
delivery_time = 08:00:00
time_zone = "Europe/London"
coinciding = "shared"
source = ["H1"]

[[delivery]]
products = ["future"]
from = 2020-02-01
method = "index_average"
window_minutes = 30
source = ["H1"]

[[session]]
products = ["*"]
from = 2020-01-01
method = "none"
source = ["H1"]

[[margin]]
products = ["*"]
from = 2020-01-01
style = "marginal"
value_basis = "mark"
tier_unit = "coin"
tiers = [
  { cap = 10, initial_rate = 0.01, maintenance_rate = 0.005 },
  { cap = 20, initial_rate = 0.02, maintenance_rate = 0.01 },
  { initial_rate = 0.04, maintenance_rate = 0.02 },
]
source = ["H1"]
"""


def changed(*changes: tuple[str, str]) -> str:
    """The text with changes: each old part, there once or first, is made new."""
    text = TEXT
    for old, new in changes:
        assert old in text, f"{old!r} is not in the small rulebook"
        text = text.replace(old, new, 1)
    return text


def entry(kind: str, what: str) -> str:
    """One more entry of a kind, like the first one of it but with other leading lines."""
    _, _, rest = TEXT.partition(f"[[{kind}]]\n")
    body = rest.partition("\n\n")[0].splitlines()
    kept = [line for line in body if not line.startswith(("products", "from", "until"))]
    return "\n".join(["", f"[[{kind}]]", what, *kept, ""])


def read(text: str = TEXT) -> VenueFile:
    """Read the rulebook, or one like it."""
    return read_venue(text, PATH)


def line_of(text: str, part: str) -> int:
    """Line of the one place where a part stands."""
    assert text.count(part) == 1, f"{part!r} stands there {text.count(part)} times"
    return text[: text.index(part)].count("\n") + 1
