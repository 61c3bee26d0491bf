"""All lanes of a row fitted at once: one shape of band, the bands beside it, a bent line under each strip of a lane.

Each lane is cut into strips along its length, so that a band that leans, frowns or is denser at one end is followed
strip by strip: in every strip the heights of the bands and of the background line are free (they are linear and are
solved in closed form), while the shape, the distances between the bands and each lane's place, lean, frown and
thickness are found by Gauss-Newton steps on what remains (variable projection: G. H. Golub, V. Pereyra, SIAM J. Numer.
Anal. 1973, doi:10.1137/0710036; the step of L. Kaufman, BIT 1975, doi:10.1007/BF01932995). A lane without a band
keeps the place that the other lanes give it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.blot.band_shape import HIGH, LOW, SPREAD, START, area, shape_at
from avpi.blot.kriging import Kriged, LaneSums, krige
from avpi.blot.row_parts import RowFit, Strips
from avpi.blot.shared_columns import Across, Exchange, share_columns

Values = NDArray[np.float64]

METHOD = "bent line under each strip of a lane, fitted together with the bands of the row and those beside it"
LINE_TERMS = 3
"""The background of a strip: level, slope, bend."""
SHAPE_ERROR = 0.01
"""Share of its height by which a real band may differ from the fitted shape: weighs summits down (assumed)."""
SHIFT_SD, LEAN_SD, FROWN_SD, THICKNESS_SD = 0.4, 0.5, 0.5, 0.08
"""What is expected (sd of a prior) of a lane's place against the row's curve, of its lean and frown from the middle
to the end of a band, in thicknesses, and of the logarithm of its thickness (assumed)."""
HELD = 0.05
"""What is left of that where a person has laid the box."""
GAP_SD, WIDER_SD = 0.5, 0.05
"""How well the distance of a neighbour is known before the fit, in thicknesses; and how much its thickness differs from
the target's (sd of its logarithm): proteins of other size spread otherwise (assumed)."""
LARGEST_STEP, FARTHEST = 1.0, 3.0
"""How far a lane's terms go in one step, and in all, in sd of their priors: a lane without a band has nothing that
holds it."""
STEPS, CONVERGED = 12, 1e-4
"""Most steps, and the relative fall of the misfit below which the fit has arrived."""
OUTLYING_SDS = 4.0
"""Residuals beyond this many standard deviations are dust, and are weighed down once."""
UNEVEN = 1.3
"""How many times noise an empty place may vary before lanes are fitted anew with what it varies (speed)."""
HIDDEN_ERROR = 0.2
"""How far saturated strips may be from what the others say of them, as a share (assumed)."""
LANE_TERMS = 4
"""Place, lean, frown, logarithm of thickness."""


@dataclass(slots=True)
class _State:
    """One point of the search, and what is known there."""

    shape: Values
    gaps: Values
    lanes: Values
    heights: Values
    residual: Values
    normal: Values
    design: Values
    misfit: float


def fit_row(strips: Strips, sd_px: float, gaps_px: tuple[float, ...] = (), fine: Strips | None = None) -> RowFit:
    """Fit a row.

    Parameters
    ----------
    sd_px : thickness (sd) of the row's bands, roughly.
    gaps_px : distances of other bands from the target, below positive.
    fine : the same lanes cut finer: they tell what lanes hold of each other once shape and places are known.
    """
    problem = _Problem(strips, sd_px, gaps_px)
    state = problem.search(problem.start())
    problem.weigh_outliers_down(state)
    state = problem.search(problem.solved(state.shape, state.gaps, state.lanes))
    kriged = krige(problem.lane_sums(state))
    if float(np.median(kriged.beyond_noise)) > UNEVEN:
        # On an uneven membrane a weak lane would take a lump for its band: it follows the others the more.
        problem.weight = problem.weight / np.maximum(kriged.beyond_noise, 1.0)[:, None, None]
        state = problem.search(problem.solved(state.shape, state.gaps, state.lanes))
        kriged = krige(problem.lane_sums(state))
    finer = _Problem(strips if fine is None else fine, sd_px, gaps_px)
    return problem.result(state, kriged, share_columns(finer.across(state)))


class _Problem:
    """The strips of a row with the priors of their fit."""

    def __init__(self, strips: Strips, sd_px: float, gaps_px: tuple[float, ...]) -> None:
        self.strips, self.sd = strips, sd_px
        # Each band's distance from the target, and the logarithm of its thickness over the target's.
        self.gaps = np.array([(gap, 0.0) for gap in (0.0, *gaps_px)])
        self.bands = self.gaps.shape[0]
        lanes = strips.values.shape[0]
        reach = float(np.abs(strips.rows_px).max())
        u = strips.rows_px / reach
        self.line = np.stack([np.ones_like(u), u, u**2], axis=1)
        self.lane_start = np.zeros((lanes, LANE_TERMS))
        self.lane_start[:, 1] = strips.lean_px
        spread = np.array([SHIFT_SD * sd_px, LEAN_SD * sd_px, FROWN_SD * sd_px, THICKNESS_SD])
        self.lane_spread = np.where(strips.held[:, None], HELD, 1.0) * spread
        self.gap_spread = np.array([GAP_SD * sd_px, WIDER_SD])
        level = np.median(strips.values, axis=2, keepdims=True)
        height = np.maximum(strips.values - level, 0.0)
        sure = strips.weight > 0
        variance = np.where(sure, 1 / np.where(sure, strips.weight, 1.0) ** 2 + (SHAPE_ERROR * height) ** 2, 1.0)
        self.weight = np.where(sure, 1 / np.sqrt(variance), 0.0)
        self.trust = np.ones_like(self.weight)

    def start(self) -> _State:
        return self.solved(START.copy(), self.gaps.copy(), self.lane_start.copy())

    def _places(self, gaps: Values, lanes: Values) -> tuple[Values, Values]:
        """Return (lanes, strips, bands, rows) distances in thicknesses, and (lanes, 1, bands, 1) thicknesses in px."""
        z = self.strips.across
        shift = self.strips.expected_px[:, None] + lanes[:, :1] + lanes[:, 1:2] * z + lanes[:, 2:3] * z**2
        thick = self.sd * np.exp(lanes[:, 3])[:, None, None, None]
        thick = thick * np.exp(gaps[:, 1])[None, None, :, None]
        off = self.strips.rows_px[None, None, None, :] - shift[:, :, None, None] - gaps[None, None, :, :1]
        return off / thick, thick

    def solved(self, shape: Values, gaps: Values, lanes: Values) -> _State:
        """Return the point with its linear part solved."""
        v, _ = self._places(gaps, lanes)
        bands = np.moveaxis(shape_at(v, shape).value, 2, 3)
        line = np.broadcast_to(self.line, (*bands.shape[:3], LINE_TERMS))
        design = np.concatenate([bands, line], axis=3) * self.weight[..., None]
        seen = self.strips.values * self.weight
        normal = np.swapaxes(design, 2, 3) @ design
        size = normal.shape[-1]
        ridge = 1e-9 * np.trace(normal, axis1=2, axis2=3)[..., None, None] / size + 1e-12
        normal = normal + ridge * np.eye(size)
        right = (np.swapaxes(design, 2, 3) @ seen[..., None])[..., 0]
        heights = np.linalg.solve(normal, right[..., None])[..., 0]
        residual = seen - (design @ heights[..., None])[..., 0]
        misfit = float(np.sum(residual**2)) + self._prior(shape, gaps, lanes)
        return _State(shape, gaps, lanes, heights, residual, normal, design, misfit)

    def _prior(self, shape: Values, gaps: Values, lanes: Values) -> float:
        return float(
            np.sum(((shape - START) / SPREAD) ** 2)
            + np.sum(((gaps - self.gaps) / self.gap_spread) ** 2)
            + np.sum(((lanes - self.lane_start) / self.lane_spread) ** 2)
        )

    def _derivatives(self, state: _State) -> tuple[Values, Values, Values, Values]:
        """Return derivatives of the residual by shared and by the lane's terms, and of the heights by both."""
        v, thick = self._places(state.gaps, state.lanes)
        shaped = shape_at(v, state.shape)
        heights = state.heights[:, :, : self.bands, None]
        moved = -heights * shaped.along / thick
        shift = moved.sum(axis=2)
        z = self.strips.across[None, :, None]
        widened = -heights * shaped.along * v
        own = np.stack([shift, shift * z, shift * z**2, widened.sum(axis=2)], axis=3)
        beside = [terms[:, :, m] for terms in (moved, widened) for m in range(1, self.bands)]
        shared = np.stack([*((heights * by).sum(axis=2) for by in shaped.by), *beside], axis=3)
        every = np.concatenate([shared, own], axis=3) * self.weight[..., None]
        along = np.linalg.solve(state.normal, np.swapaxes(state.design, 2, 3) @ every)
        left = -(every - state.design @ along)
        split = shared.shape[3]
        return left[..., :split], left[..., split:], -along[..., :split], -along[..., split:]

    def search(self, state: _State) -> _State:
        """Return the point of least misfit near a start."""
        damping = 1e-3
        for _ in range(STEPS):
            system = self._system(state)
            for _ in range(6):
                tried = self._stepped(state, system, damping)
                if tried.misfit < state.misfit:
                    break
                damping = max(10 * damping, 1e-3)
            else:
                return state
            arrived = state.misfit - tried.misfit < CONVERGED * state.misfit
            state, damping = tried, 0.2 * damping
            if arrived:
                return state
        return state

    def _system(self, state: _State) -> tuple[Values, Values, Values, Values, Values]:
        """Return the blocks of the normal equations: shared, shared x lane, lane, and the right sides."""
        lanes = state.residual.shape[0]
        shared, own, _, _ = self._derivatives(state)
        s, o = shared.reshape(lanes, -1, shared.shape[3]), own.reshape(lanes, -1, LANE_TERMS)
        r = state.residual.reshape(lanes, -1, 1)
        st, ot = np.swapaxes(s, 1, 2), np.swapaxes(o, 1, 2)
        prior = np.concatenate([1 / SPREAD**2, np.repeat(1 / self.gap_spread**2, self.bands - 1)])
        off = np.concatenate([state.shape - START, (state.gaps - self.gaps)[1:].T.ravel()])
        return (
            (st @ s).sum(axis=0) + np.diag(prior),
            st @ o,
            ot @ o + np.eye(LANE_TERMS) / self.lane_spread[:, None, :] ** 2,
            -(st @ r).sum(axis=0)[:, 0] - off * prior,
            -(ot @ r)[..., 0] - (state.lanes - self.lane_start) / self.lane_spread**2,
        )

    def _stepped(self, state: _State, system: tuple[Values, Values, Values, Values, Values], damping: float) -> _State:
        hss, hso, hoo, bs, bo = system
        inverse = np.linalg.inv(hoo * (1 + damping * np.eye(LANE_TERMS)))
        reduced = hss * (1 + damping * np.eye(bs.size)) - (hso @ inverse @ np.swapaxes(hso, 1, 2)).sum(axis=0)
        ds = np.linalg.solve(reduced, bs - (hso @ inverse @ bo[..., None]).sum(axis=0)[:, 0])
        do = (inverse @ (bo - np.swapaxes(hso, 1, 2) @ ds)[..., None])[..., 0]
        count = START.size
        shape = np.clip(state.shape + np.clip(ds[:count], -SPREAD, SPREAD), LOW, HIGH)
        gaps = state.gaps.copy()
        gaps[1:] += np.clip(ds[count:].reshape(2, -1).T, -self.gap_spread, self.gap_spread)
        step = np.clip(do / self.lane_spread, -LARGEST_STEP, LARGEST_STEP)
        off = np.clip((state.lanes - self.lane_start) / self.lane_spread + step, -FARTHEST, FARTHEST)
        return self.solved(shape, gaps, self.lane_start + off * self.lane_spread)

    def weigh_outliers_down(self, state: _State) -> None:
        """Give what lies far off (dust, scratches) the weight of what lies just off.

        Dust stands on a few strips of a lane; what all of them show alike is the band.
        """
        sure = self.weight > 0
        spread = 1.4826 * np.median(np.abs(state.residual[sure])) if sure.any() else 1.0
        far = np.abs(state.residual - _common(state.residual)) / (OUTLYING_SDS * max(float(spread), 1.0))
        self.trust = 1 / np.maximum(far, 1.0)
        self.weight = self.weight * self.trust

    def _variance(self, state: _State) -> Values:
        """Return (lanes, strips, bands) the variance of heights by the pixels' noise."""
        variance: Values = np.diagonal(np.linalg.inv(state.normal), axis1=2, axis2=3)[..., : self.bands]
        return variance

    def _thickness(self, state: _State) -> Values:
        """Return (lanes, bands) thicknesses in px."""
        thick: Values = self.sd * np.exp(state.lanes[:, 3:] + state.gaps[None, :, 1])
        return thick

    def across(self, found: _State) -> Across:
        """Return the heights of bands whose shape and places were found on other strips of the same lanes."""
        state = self.solved(found.shape, found.gaps, found.lanes)
        thick = self._thickness(found)[:, None, :]
        return Across(
            x_px=self.strips.x_px,
            width_px=self.strips.columns,
            height=state.heights[:, :, : self.bands] * thick,
            sd=np.sqrt(self._variance(state)) * thick,
        )

    def result(self, state: _State, kriged: Kriged, shared: Exchange) -> RowFit:
        whole, by_shape = area(state.shape)
        thick = self.sd * np.exp(state.lanes[:, 3])
        strips = self.strips
        heights = state.heights[:, :, : self.bands]
        dof = np.maximum((self.weight > 0).sum(axis=(1, 2)) - heights.shape[1] * (self.bands + LINE_TERMS), 1)
        left = np.maximum((state.residual**2).sum(axis=(1, 2)) / dof, 1.0)
        shape_sd = np.sqrt(left[:, None] * self._shape_variance(state, kriged.volumes, whole, by_shape))
        v, _ = self._places(state.gaps, state.lanes)
        bands = shape_at(v, state.shape).value * heights[..., None] * strips.columns[:, :, None, None]
        line = (state.heights[:, :, self.bands :] @ self.line.T * strips.columns[..., None]).sum(axis=1)
        profile = shape_at(np.linspace(-6, 6, 2401), state.shape).value
        fwhm = float(np.count_nonzero(profile >= 0.5 * profile.max())) * 12 / 2400
        return RowFit(
            volumes=kriged.volumes + shared.net * whole,
            sd=kriged.sd,
            nothing_sd=kriged.nothing_sd,
            shape_sd=shape_sd,
            shared=shared.moved * whole,
            shape=state.shape,
            sd_px=thick,
            y_px=strips.base_px + strips.expected_px + state.lanes[:, 0],
            gaps_px=state.gaps[:, 0],
            fwhm_px=fwhm * float(np.median(thick)),
            window_px=strips.rows_px,
            rows_px=(strips.base_px[:, None] + strips.rows_px[None, :]).astype(int),
            seen=np.where(
                (strips.weight > 0).all(axis=1), (strips.values * strips.columns[..., None]).sum(axis=1), np.nan
            ),
            line=line,
            bands=bands.sum(axis=1),
        )

    def lane_sums(self, state: _State) -> LaneSums:
        """Return the lanes summed across; what lies far off (dust) counts by its weight, saturated strips as fitted."""
        whole, _ = area(state.shape)
        thick = self._thickness(state)
        strips, columns = self.strips, self.strips.columns[..., None]
        v, _ = self._places(state.gaps, state.lanes)
        shaped = shape_at(v, state.shape).value
        heights = state.heights[:, :, : self.bands]
        bands = (shaped * heights[..., None]).sum(axis=2)
        known = strips.weight > 0
        common = _common(state.residual)
        left = common + self.trust * (state.residual - common)
        left = np.divide(left, self.weight, out=np.zeros_like(left), where=self.weight > 0)
        fitted = bands + state.heights[:, :, self.bands :] @ self.line.T
        pixels = np.divide(columns, strips.weight, out=np.zeros_like(left), where=known) ** 2
        hidden = np.where(known, 0.0, HIDDEN_ERROR * columns * bands)
        noise = np.where(known.any(axis=1), pixels.sum(axis=1) + hidden.sum(axis=1) ** 2, np.inf)
        # A strip counts by its share of what the lane holds; where that is nothing, all count alike.
        usual = np.sqrt(self._variance(state)[:, :, 0])
        share = (np.maximum(heights, 0.0).sum(axis=2) + usual) * strips.columns
        share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        shapes = (shaped * share[:, :, None, None]).sum(axis=1) / (whole * thick)[..., None]
        return LaneSums(
            rows_px=strips.rows_px,
            sd_px=float(np.median(thick[:, 0])),
            seen=((fitted + left) * columns).sum(axis=1),
            noise=noise,
            shapes=shapes,
            volumes=(heights * columns).sum(axis=1) * whole * thick,
            line=self.line,
        )

    def _shape_variance(self, state: _State, volumes: Values, whole: float, by_shape: Values) -> Values:
        """Return the variance that not knowing shape, gaps and the lanes' places adds.

        A shape that is wrong by the same share in all lanes changes no ratio: that part is taken out.
        """
        hss, hso, hoo, _, _ = self._system(state)
        inverse = np.linalg.inv(hoo)
        crossed = hso @ inverse
        shared = np.linalg.inv(hss - (crossed @ np.swapaxes(hso, 1, 2)).sum(axis=0))
        _, _, by_shared, by_own = self._derivatives(state)
        scale = (whole * self._thickness(state))[..., None]
        columns = self.strips.columns[..., None, None]
        ds = (by_shared[:, :, : self.bands] * columns).sum(axis=1) * scale
        do = (by_own[:, :, : self.bands] * columns).sum(axis=1) * scale
        ds[..., : START.size] += volumes[..., None] * by_shape / whole
        for band in range(1, self.bands):
            ds[:, band, START.size + self.bands - 2 + band] += volumes[:, band]
        do[..., 3] += volumes
        # What a wrong shape costs after each lane has taken its own place and thickness for it.
        mixed = ds - do @ np.swapaxes(crossed, 1, 2)
        strong = np.maximum(volumes, 0.0)
        total = np.maximum((strong**2).sum(axis=0), 1e-12)
        mixed = mixed - volumes[..., None] * ((mixed * strong[..., None]).sum(axis=0) / total[:, None])[None]
        own = np.einsum("lmi,lij,lmj->lm", do, inverse, do)
        variance: Values = own + np.einsum("lmi,ij,lmj->lm", mixed, shared, mixed)
        return np.maximum(variance, 0.0)


def _common(residual: Values) -> Values:
    """Return (lanes, 1, rows) what the strips of a lane have in common."""
    common: Values = np.median(residual, axis=1, keepdims=True)
    return common
