"""Before a trade: tickets, largest sizes, leverage by price and by chance, venues compared."""

from obverse.risk.pretrade.leverage import (
    isolated_liquidation_price,
    leverage_beyond_price,
    leverage_under_probability,
)
from obverse.risk.pretrade.limits import largest_size, leverage_limit
from obverse.risk.pretrade.orders import OrderOptions, OrderRequest, order_request
from obverse.risk.pretrade.tickets import Ticket, ticket, ticket_of
from obverse.risk.pretrade.venues import (
    Tickets,
    VenuePlace,
    ticket_at_all,
    venue_place,
)

__all__ = [
    "OrderOptions",
    "OrderRequest",
    "Ticket",
    "Tickets",
    "VenuePlace",
    "isolated_liquidation_price",
    "largest_size",
    "leverage_beyond_price",
    "leverage_limit",
    "leverage_under_probability",
    "order_request",
    "ticket",
    "ticket_at_all",
    "ticket_of",
    "venue_place",
]
