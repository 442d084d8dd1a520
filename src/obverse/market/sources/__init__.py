"""Adapters that read market data as others recorded it."""
