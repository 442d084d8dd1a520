"""What commands use unless they are told otherwise."""

DEFAULT_STORE = "obverse-data"
"""Folder of the store, in the folder where the command runs."""
