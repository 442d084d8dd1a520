"""What the market implies: the term structure of each underlying."""

from obverse.curves.term_structure import Curve, CurveNode, PerpetualNode, Shape, curve, price_at

__all__ = ["Curve", "CurveNode", "PerpetualNode", "Shape", "curve", "price_at"]
