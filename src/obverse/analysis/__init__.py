"""What recorded markets tell: funding, seasons, activity, liquidity, price discovery, arbitrage."""
