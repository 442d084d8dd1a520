"""How much is traded and held, on what leverage, and where positions would be liquidated."""
