"""The error-correction model behind the shares, and the shares that follow from it.

The symbols are those of `obverse.analysis.price_discovery.shares`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.curves.spreads.cointegration import statsmodels
from obverse.errors import MarketDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True, eq=False)
class ErrorCorrection:
    """The fitted model.

    Attributes
    ----------
    adjustment, long_run, covariance : A, B and the innovations' covariance
    """

    adjustment: FloatArray
    long_run: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, logs: FloatArray, lags: int) -> ErrorCorrection:
        """Fit (n, markets) log prices by maximum likelihood, with a constant in the relation."""
        markets = logs.shape[1]
        tools = statsmodels("tsa.vector_ar.vecm")
        # In bp of the first price: logs near zero keep the moments well conditioned.
        scaled = 1e4 * (logs - logs[0])
        found = tools.VECM(
            scaled, k_ar_diff=lags, coint_rank=markets - 1, deterministic="ci"
        ).fit()  # fmt: skip
        return cls(np.asarray(found.alpha), np.asarray(found.beta), np.asarray(found.sigma_u))

    @property
    def weights(self) -> FloatArray:
        """ψ: orthogonal to A, with sum one."""
        left = np.linalg.svd(self.adjustment, full_matrices=True)[0]
        found = left[:, -1]
        if abs(found.sum()) < 1e-8:
            raise MarketDataError(
                "price discovery: the common price has weights of sum zero; the series share none."
            )
        weights: FloatArray = found / found.sum()
        return weights

    @property
    def shares(self) -> FloatArray:
        """(3, markets) least and greatest information share, and component share."""
        weights, omega = self.weights, self.covariance
        whole = float(weights @ omega @ weights)
        orders = []
        for order in map(list, permutations(range(len(weights)))):
            factor = np.linalg.cholesky(omega[np.ix_(order, order)])
            share = np.empty(len(weights))
            share[order] = (weights[order] @ factor) ** 2 / whole
            orders.append(share)
        return np.array([np.min(orders, axis=0), np.max(orders, axis=0), weights])

    @property
    def correlation(self) -> float:
        """Greatest correlation, by size, of two markets' innovations."""
        deviations = np.sqrt(np.diag(self.covariance))
        scaled = self.covariance / np.outer(deviations, deviations)
        pairs = scaled[np.triu_indices(len(scaled), 1)]
        return float(pairs[int(np.argmax(np.abs(pairs)))])
