"""The mixed model agrees with textbook formulas on dense n x n matrices, whatever the shape of the data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refine.analysis.mixed import MixedResult, fit_mixed, moments, partition
from refine.analysis.mixed.likelihood import Likelihood


class Dense:
    """REML or ML by the definition: V in full, parameters (variance..., residual variance, rho)."""

    def __init__(
        self, table: pd.DataFrame, x: np.ndarray, groups: list[str], series: str | None, reml: bool = True
    ) -> None:
        self.x, self.y, self.reml = x, table["y"].to_numpy(), reml
        self.parts = [np.equal.outer(*[pd.factorize(table[name])[0]] * 2).astype(float) for name in groups]
        self.parts.append(np.eye(len(x)))
        if series is not None:
            place = table["position"].to_numpy(float)
            self.distance = np.abs(np.subtract.outer(place, place))
            self.distance[~np.equal.outer(*[pd.factorize(table[series])[0]] * 2)] = np.inf
        self.series = series

    def v(self, theta: np.ndarray) -> np.ndarray:
        *variances, rho = theta
        residual = np.eye(len(self.x))
        if self.series is not None:
            same = np.isfinite(self.distance)
            residual = np.zeros_like(residual)
            residual[same] = rho ** self.distance[same]
        return sum((s * z for s, z in zip(variances[:-1], self.parts, strict=False)), variances[-1] * residual)

    def loglik(self, theta: np.ndarray) -> float:
        v = self.v(theta)
        inverse = np.linalg.inv(v)
        k = self.x.T @ inverse @ self.x
        rest = self.y - self.x @ np.linalg.solve(k, self.x.T @ inverse @ self.y)
        n, p = self.x.shape
        total = np.linalg.slogdet(v)[1] + rest @ inverse @ rest
        total += np.linalg.slogdet(k)[1] + (n - p) * np.log(2 * np.pi) if self.reml else n * np.log(2 * np.pi)
        return -total / 2

    def covariance(self, theta: np.ndarray) -> np.ndarray:
        return np.linalg.inv(self.x.T @ np.linalg.solve(self.v(theta), self.x))

    def df(self, theta: np.ndarray, free: list[int], contrast: np.ndarray) -> float:
        """Satterthwaite df by finite differences over the free parameters."""
        step = 1e-4 * np.maximum(np.abs(theta), 0.01)

        def at(moves: dict[int, float]) -> np.ndarray:
            moved = theta.copy()
            for i, by in moves.items():
                moved[i] += by * step[i]
            return moved

        def bend(i: int, j: int) -> float:
            if i == j:
                values = [self.loglik(at({i: s})) for s in (1, 0, -1)]
                return (values[0] - 2 * values[1] + values[2]) / step[i] ** 2
            values = [self.loglik(at({i: a, j: b})) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
            return (values[0] - values[1] - values[2] + values[3]) / (4 * step[i] * step[j])

        def variance(where: np.ndarray) -> float:
            return float(contrast @ self.covariance(where) @ contrast)

        information = -np.array([[bend(i, j) for j in free] for i in free])
        slope = np.array([(variance(at({i: 1})) - variance(at({i: -1}))) / (2 * step[i]) for i in free])
        return 2 * variance(theta) ** 2 / (slope @ np.linalg.solve(information, slope))


def make(seed: int, sessions: int, targets: int, trials: int, length: int, gap: int, kept: float) -> pd.DataFrame:
    """Crossed sessions and targets, series with gaps, a covariate; a third factor changes within series."""
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(sessions):
        for k in range(trials):
            target = int(rng.integers(targets))
            position, e = int(rng.integers(-3, 4)), rng.normal()
            for i in range(length):
                if rng.random() < kept or i < 2:
                    rows.append((f"s{s}", f"t{target}", f"r{s}.{k}", position, i % 3, e))
                step = int(rng.integers(1, gap + 1))
                position += step
                e = 0.5**step * e + np.sqrt(1 - 0.25**step) * rng.normal()
    table = pd.DataFrame(rows, columns=["session", "target", "trial", "position", "inside", "y"])
    for name in ("session", "target", "inside"):
        codes, labels = pd.factorize(table[name])
        table["y"] += rng.normal(0, 0.7, len(labels))[codes]
    table["x"] = rng.normal(size=len(table))
    return table.sample(frac=1, random_state=seed).reset_index(drop=True)


def theta_of(result: MixedResult) -> np.ndarray:
    return np.array([*result.variance.values(), result.rho])


def is_best(dense: Dense, result: MixedResult, fixed_rho: bool) -> bool:
    """No nearby point has a clearly higher likelihood."""
    theta = theta_of(result)
    best = dense.loglik(theta)
    for i in range(len(theta) - fixed_rho):
        for factor in (-1, 1):
            moved = theta.copy()
            moved[i] += factor * 0.01 * max(abs(theta[i]), 0.01)
            if (i == len(theta) - 1 or moved[i] >= 0) and dense.loglik(moved) > best + 1e-9:
                return False
    return True


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    sessions=st.integers(3, 6),
    targets=st.integers(3, 6),
    length=st.integers(3, 6),
    gap=st.integers(1, 4),
    kept=st.sampled_from([0.7, 1.0]),
    groups=st.sampled_from([[], ["session"], ["session", "target"], ["target", "inside"], ["trial", "session"]]),
    rho=st.sampled_from([None, 0.0, -0.35, 0.6]),
    reml=st.booleans(),
)
def test_the_maximum_of_the_dense_likelihood_is_found(
    seed: int,
    sessions: int,
    targets: int,
    length: int,
    gap: int,
    kept: float,
    groups: list[str],
    rho: float | None,
    reml: bool,
) -> None:
    table = make(seed, sessions, targets, 4, length, gap, kept)
    groups = [name for name in groups if table[name].nunique() > 1]
    result = fit_mixed("y ~ x", table, groups, "trial", "position", rho=rho, reml=reml)
    x = np.column_stack([np.ones(len(table)), table["x"]])
    dense = Dense(table, x, groups, None if rho == 0 else "trial", reml)
    theta = theta_of(result)
    assert result.converged
    assert result.loglik == pytest.approx(dense.loglik(theta), abs=1e-7)
    assert is_best(dense, result, fixed_rho=rho is not None)
    se = np.sqrt(np.diagonal(dense.covariance(theta)))
    assert np.allclose(result.coefficients["se"], se, rtol=1e-7)


@pytest.mark.parametrize("groups", [["session", "target"], ["target", "inside"], ["trial", "session", "target"]])
@pytest.mark.parametrize("rho", [None, 0.3])
@pytest.mark.parametrize("reml", [True, False])
def test_degrees_of_freedom(groups: list[str], rho: float | None, reml: bool) -> None:
    table = make(5, 6, 7, 5, 5, 2, 0.8)
    result = fit_mixed("y ~ x", table, groups, "trial", "position", rho=rho, reml=reml)
    x = np.column_stack([np.ones(len(table)), table["x"]])
    dense = Dense(table, x, groups, "trial", reml)
    free = [k for k, name in enumerate([*groups, "residual"]) if name not in result.boundary]
    free += [len(groups) + 1] if rho is None else []
    for contrast, found in zip(np.eye(2), result.coefficients["df"], strict=True):
        assert found == pytest.approx(dense.df(theta_of(result), free, contrast), rel=1e-3)


@pytest.fixture
def table() -> pd.DataFrame:
    return make(3, 8, 9, 5, 6, 3, 0.8)


def fit(table: pd.DataFrame, groups: list[str]) -> MixedResult:
    return fit_mixed("y ~ x", table, groups, "trial", "position")


def same(one: MixedResult, two: MixedResult) -> bool:
    return (
        np.allclose(theta_of(one), theta_of(two), rtol=1e-8)
        and np.allclose(one.coefficients.iloc[:, 1:], two.coefficients.iloc[:, 1:], rtol=1e-7)
        and abs(one.loglik - two.loglik) < 1e-8
    )


def test_the_order_of_rows_does_not_matter(table: pd.DataFrame) -> None:
    shuffled = table.sample(frac=1, random_state=1)
    one, two = fit(table, ["session", "target"]), fit(shuffled, ["session", "target"])
    assert same(one, two)
    assert np.allclose(one.residuals("normalized"), two.residuals("normalized").loc[table.index], atol=1e-7)


def test_the_order_of_factors_does_not_matter(table: pd.DataFrame) -> None:
    one, two = fit(table, ["session", "target", "trial"]), fit(table, ["trial", "target", "session"])
    assert one.variance == pytest.approx(two.variance, rel=1e-7)
    assert one.loglik == pytest.approx(two.loglik, abs=1e-9)


@pytest.mark.parametrize("groups", [["session", "target"], ["trial", "session", "target"], ["target", "inside"]])
def test_every_way_of_holding_factors_gives_the_same(
    table: pd.DataFrame, groups: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = fit(table, groups)
    # Large factors are held sparse; here even small ones are.
    monkeypatch.setattr(moments, "DENSE_LEVELS", 1)
    monkeypatch.setattr("refine.analysis.mixed.likelihood.DENSE_LEVELS", 1)
    assert same(fit(table, groups), usual)
    # With many gap lengths cross-products are summed anew at each step; here even with few.
    monkeypatch.setattr(moments, "MANY_GAPS", 0)
    assert same(fit(table, groups), usual)


def test_factors_that_do_not_fit_are_refused(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refine.analysis.mixed.likelihood.DENSE_LEVELS", 1)
    monkeypatch.setattr(partition, "LARGEST_DENSE", 5)
    with pytest.raises(ValueError, match="cross too densely"):
        fit(table, ["session", "target"])


def test_units_do_not_matter(table: pd.DataFrame) -> None:
    one = fit(table, ["session", "target"])
    scaled = table.assign(y=1e6 + table["y"] * 1e-3, x=2000 + 1e4 * table["x"])
    two = fit(scaled, ["session", "target"])
    assert two.rho == pytest.approx(one.rho, abs=1e-5)
    assert two.variance["session"] == pytest.approx(one.variance["session"] * 1e-6, rel=1e-4)
    assert two.coefficients["t"][1] == pytest.approx(one.coefficients["t"][1], rel=1e-4)


def test_derivatives_are_exact(table: pd.DataFrame) -> None:
    result = fit(table, ["session", "target"])
    model = result.model
    codes = [code[model.order] for code in model.codes]
    factors = [moments.Factor(c, n, True) for c, n in zip(codes, model.levels, strict=True)]
    numeric = np.column_stack([model.design.x, model.design.y])[model.order]
    likelihood = Likelihood(factors, numeric, model.neighbours, None, True)
    theta, step = np.array([0.2, 0.0, 0.4]), 1e-5
    at = likelihood.evaluate(theta)
    assert likelihood.deviance(theta) == pytest.approx(at.deviance, abs=1e-9)
    for i in (0, 2):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        slope = (likelihood.deviance(up) - likelihood.deviance(down)) / (2 * step)
        bend = (likelihood.evaluate(up).gradient - likelihood.evaluate(down).gradient) / (2 * step)
        assert at.gradient[i] == pytest.approx(slope, rel=1e-6)
        assert np.allclose(at.hessian[i], bend, rtol=1e-6, atol=1e-6)
