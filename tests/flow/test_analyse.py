"""A sample from events to quadrants, with what must be said about it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.errors import NotAnalysed, StudyError
from avpi.estimate import Caveat
from avpi.flow.controls import ControlTube
from avpi.flow.pictures import MOST_POINTS
from avpi.flow.results import QUADRANTS
from avpi.formats.fcs import read_fcs
from avpi.names import Condition
from avpi.readings import CellEvents
from avpi.study.schema import Cytometry
from tests.flow.simulated_cells import Staining, control_tubes, quadrants, tube
from tests.flow.study_words import ANNEXIN, codes, gated

DYING = quadrants(0.5, 0.2, 0.25, 0.05)


def random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_quadrants_of_a_compensated_sample_with_controls() -> None:
    result = gated(tube(DYING, random()), control_tubes(random(2)))
    for name in QUADRANTS:
        assert result.fractions[name].value == pytest.approx(DYING[name], abs=0.03)
        assert result.fractions[name].low <= DYING[name] <= result.fractions[name].high
    assert sum(result.counts.values()) == result.singlets
    assert sum(share.value for share in result.fractions.values()) == pytest.approx(1)
    assert result.passes
    assert result.findings == ()
    assert result.viable == result.fractions[QUADRANTS[0]]
    assert result.viable_log == pytest.approx(math.log(result.viable.value))
    assert 0 < result.viable_log_se < 0.1
    assert result.method["compensation"] == "single_stains"


def test_what_was_declared_comes_with_the_result() -> None:
    result = gated(tube(DYING, random()), control_tubes(random(2)))
    assert result.condition.without_doses() == Condition.SM_TNF
    assert result.described == "SM 100 nM + TNF 10 ng/mL"
    assert result.at_working_doses
    assert result.minutes_after_dose == 1440
    assert result.viable.n == 1


def test_quadrants_are_not_named_after_a_mechanism() -> None:
    result = gated(tube(DYING, random()), control_tubes(random(2)))
    spoken = " ".join([*result.counts, *(f.text for f in result.findings), *(s.title for s in result.scatters)])
    assert not any(word in spoken.lower() for word in ("apopto", "necro"))


def test_the_files_own_spillover_comes_before_single_stains() -> None:
    result = gated(tube(DYING, random(), carried=True), control_tubes(random(2)))
    assert result.method["compensation"] == "file"
    assert result.fractions[QUADRANTS[1]].value == pytest.approx(0.2, abs=0.03)


def test_a_file_matrix_that_the_single_stains_contradict_is_named() -> None:
    events = tube(DYING, random())
    wrong = (("FL1-A", "FL3-A"), np.array([[1.0, 0.3], [0.0, 1.0]]))
    assert "spillover_disagrees" in codes(gated(replace(events, spillover=wrong), control_tubes(random(2))))


def test_a_sample_without_controls_or_matrix_says_both() -> None:
    result = gated(tube(DYING, random()))
    assert codes(result) == ["uncompensated", "threshold_without_controls"]
    assert all(finding.severity == "warning" for finding in result.findings)
    assert result.passes
    assert result.viable.value == pytest.approx(0.5, abs=0.03)
    assert "valley of the sample" in result.viable.method


def test_one_population_without_controls_is_said_to_be_one() -> None:
    result = gated(tube(quadrants(1, 0, 0, 0), random(), carried=True))
    assert "Only one population was seen in annexin_v and pi" in result.findings[-1].text
    assert result.viable.value > 0.97


def test_a_dead_control_is_named_and_not_used_for_compensation() -> None:
    unstained, annexin, pi = control_tubes(random(2))
    dead = replace(pi, events=tube(DYING, random(3), stains=(False, False), source="pi.fcs"))
    result = gated(tube(DYING, random()), [unstained, annexin, dead])
    assert codes(result) == ["dead_control", "single_stain_missing"]
    assert "pi.fcs" in result.findings[0].text
    assert result.method["spillover"][1] == [0, 1]


def test_a_dead_control_sets_no_threshold() -> None:
    unstained, annexin, pi = control_tubes(random(2))
    empty = tube(quadrants(0.95, 0.02, 0.02, 0.01), random(3), stains=(False, False), source="pi.fcs")
    dim = np.array(empty.events)
    dim[:, 3] *= 0.2  # other cells, or other settings: not the negatives of these samples
    dead = replace(pi, events=replace(empty, stored=dim))
    without = gated(tube(DYING, random()), [unstained, annexin])
    with_dead = gated(tube(DYING, random()), [unstained, annexin, dead])
    for stain in ("annexin_v", "pi"):
        threshold, expected = (r.method["thresholds"][stain]["value"] for r in (with_dead, without))
        assert threshold == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("spillover", [np.eye(2), np.array([[1.0, 0.12], [0.03, 1.0]]), np.array([[1, 0.4], [0.3, 1]])])
@pytest.mark.parametrize("with_unstained", [True, False])
def test_exchanged_single_stains_are_recognised_and_not_used(
    spillover: NDArray[np.float64], *, with_unstained: bool
) -> None:
    half = quadrants(0.5, 0.05, 0.4, 0.05)
    annexin = tube(half, random(4), stains=(True, False), spillover=spillover, source="a.fcs")
    pi = tube(half, random(5), stains=(False, True), spillover=spillover, source="p.fcs")
    clear = tube(quadrants(0.95, 0.02, 0.02, 0.01), random(3), stains=(False, False), source="unstained.fcs")
    controls = [ControlTube(stain="unstained", experiment=None, events=clear)] if with_unstained else []
    right = [("annexin_v", annexin), ("pi", pi)]
    wrong = [("annexin_v", pi), ("pi", annexin)]
    sample = tube(DYING, random(), spillover=spillover)
    good, bad = (
        gated(sample, [*controls, *(ControlTube(stain=s, experiment=None, events=e) for s, e in pairs)])
        for pairs in (right, wrong)
    )
    assert "controls_may_be_swapped" not in codes(good)
    assert {"controls_may_be_swapped", "threshold_without_controls", "uncompensated"} <= set(codes(bad))
    assert bad.method["compensation"] == "none"
    assert {threshold["origin"] for threshold in bad.method["thresholds"].values()} == {"auto"}


def test_a_declaration_that_the_labels_contradict_is_refused_with_both_names() -> None:
    exchanged = Cytometry(channels={"annexin_v": "FL3-A", "pi": "FL1-A"})
    with pytest.raises(NotAnalysed, match=r"FL3-A is declared for annexin_v, .* labels it 'PI'") as caught:
        gated(tube(DYING, random()), cytometry=exchanged)
    assert caught.value.code == "channel_contradicts_stain"
    assert "FL1-A 'Annexin V FITC'" in str(caught.value)


def test_channels_without_labels_may_be_declared_as_one_likes() -> None:
    events = tube(DYING, random())
    bare = replace(events, channels=tuple(replace(channel, stain="") for channel in events.channels))
    assert gated(bare).singlets > 3000


def test_cells_that_hardly_differ_are_one_population() -> None:
    events = tube(DYING, random())
    for spread in (0.0, 1e-9, 1e-17):
        flat = np.array(events.events)
        flat[:, 3:5] = 500.0 * (1 + spread * np.arange(len(flat))[:, None])
        result = gated(replace(events, stored=flat))
        assert result.viable.value == pytest.approx(1.0)


ODD = [0.0, -0.0, 1e-320, -1e-300, 1e-9, 1.0, -1e6, 1e14, -1e14, 1e300, math.inf, -math.inf, math.nan]


@settings(max_examples=60, deadline=None)
@example(values=[1e-9, 1e-320, 0.0, 0.0, 0.0], share=1.0, gain=1.0, dyed=False)
@given(
    values=st.lists(st.sampled_from(ODD), min_size=5, max_size=5),
    share=st.sampled_from([0.02, 0.5, 1.0]),
    gain=st.sampled_from([1.0, 1e-300, 1e300]),
    dyed=st.booleans(),
)
def test_absurd_values_give_a_result_or_a_reason(values: list[float], share: float, gain: float, *, dyed: bool) -> None:
    def spoilt(events: CellEvents) -> CellEvents:
        stored = np.array(events.events)
        stored[: int(share * len(stored)), :5] = values
        return replace(events, stored=stored, channels=tuple(replace(c, gain=gain) for c in events.channels))

    tubes = control_tubes(random(2), cells=600)
    controls = [replace(control, events=spoilt(control.events)) for control in tubes] if dyed else []
    try:
        result = gated(spoilt(tube(DYING, random(), cells=800)), controls)
    except NotAnalysed:
        return
    assert sum(result.counts.values()) == result.singlets


def test_an_unusable_control_is_left_out_with_a_finding() -> None:
    unstained, annexin, pi = control_tubes(random(2))
    renamed = replace(
        pi.events, channels=(*pi.events.channels[:4], replace(pi.events.channels[4], name="B3-A", stain=""))
    )
    tiny = replace(annexin, events=tube(DYING, random(), cells=50, stains=(True, False), source="annexin_v.fcs"))
    result = gated(tube(DYING, random()), [unstained, tiny, replace(pi, events=renamed)])
    assert codes(result).count("control_not_used") == 2
    assert result.method["thresholds"]["pi"]["origin"] == "controls"


def test_controls_with_other_detectors_are_left_out() -> None:
    unstained, annexin, pi = control_tubes(random(2))
    swapped = tuple(
        replace(c, name={"FL1-A": "FL3-A", "FL3-A": "FL1-A"}.get(c.name, c.name)) for c in pi.events.channels
    )
    by_stain = Cytometry(channels={"annexin_v": "Annexin V FITC", "pi": "PI"})
    odd = ControlTube(stain="pi", experiment=None, events=replace(pi.events, channels=swapped))
    result = gated(tube(DYING, random()), [unstained, annexin, odd], cytometry=by_stain)
    assert "its channels are not those of 'unstained.fcs'" in " ".join(f.text for f in result.findings)


@pytest.mark.parametrize(
    ("cells", "code", "passes"), [(300, "too_few_events", False), (1200, "few_events", True), (2500, None, True)]
)
def test_few_events_are_warned_of_and_too_few_block(cells: int, code: str | None, *, passes: bool) -> None:
    result = gated(tube(DYING, random(), cells=cells), control_tubes(random(2)))
    assert codes(result) == ([code] if code else [])
    assert result.passes is passes
    if not passes:
        assert result.findings[0].severity == "blocking"


def test_thresholds_set_by_hand_win() -> None:
    result = gated(tube(DYING, random()), control_tubes(random(2)), thresholds={"Annexin V": 1e9, "pi": 600})
    assert result.counts[QUADRANTS[1]] == result.counts[QUADRANTS[2]] == 0
    assert result.method["thresholds"]["annexin_v"]["origin"] == "manual"
    assert "set by hand" in result.viable.method
    with pytest.raises(StudyError, match=r"overrides\.jsonl, target 'day1 SM/thresholds': 'pi' is set to 'high'"):
        gated(tube(DYING, random()), thresholds={"pi": "high"})


def test_no_single_cell_is_no_number_not_zero() -> None:
    events = tube(DYING, random(), cells=3, staining=Staining(debris=0, doublets=0))
    events = replace(events, stored=events.events - 1e6)
    result = gated(events)
    assert result.singlets <= 3
    assert not result.passes


def test_a_share_of_nothing_has_a_finite_logarithm() -> None:
    result = gated(tube(quadrants(0, 0.5, 0.5, 0), random()), control_tubes(random(2)))
    assert result.viable.value < 0.005
    assert math.isfinite(result.viable_log)
    assert result.viable_log_se > 0.3


def test_pictures_are_small_and_the_same_each_time() -> None:
    controls = control_tubes(random(2))
    first, second = (gated(tube(DYING, random(), cells=9000), controls) for _ in range(2))
    assert [picture.title for picture in first.scatters] == [
        "Cells and debris",
        "Single cells",
        "Stains of single cells",
    ]
    for one, other in zip(first.scatters, second.scatters, strict=True):
        assert len(one.x) == len(one.y) <= MOST_POINTS
        np.testing.assert_array_equal(one.x, other.x)
    assert first.scatters[2].thresholds is not None
    assert first.scatters[2].x_label == "Annexin V FITC (FL1-A), logicle decades"
    assert first.method["scales"]["pi"].startswith("logicle, T 262144, W ")


def test_one_channel_for_two_stains_is_refused() -> None:
    with pytest.raises(NotAnalysed, match="both found in channel FL1-A"):
        gated(tube(DYING, random()), cytometry=Cytometry(channels={"annexin_v": "FL1-A", "pi": "FL1-A"}))


def test_a_readout_of_plates_is_not_gated() -> None:
    with pytest.raises(NotAnalysed) as caught:
        gated(tube(DYING, random()), control_tubes(random(2)), cytometry=Cytometry(readout="CellTiter-Glo"))
    assert caught.value.code == "readout_not_gated"


def test_what_the_reader_noticed_is_a_note_of_the_sample() -> None:
    read = (Caveat(code="blank_offsets", text="The offsets are blank."),)
    events = replace(tube(DYING, random()), caveats=read)
    finding = gated(events, control_tubes(random(2)), cytometry=ANNEXIN).findings[0]
    assert (finding.code, finding.severity, finding.subject) == ("blank_offsets", "note", "day1 SM")


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "events"), [("A01", 2115), ("A02", 2400), ("A03", 2040)])
def test_the_real_caspase_assay_runs_without_controls_and_says_so(shared_data: Path, name: str, events: int) -> None:
    path = shared_data / "fcs" / "apoptosis_fas_caspase3" / f"fas-Bcl2-plate323-04-04.{name}"
    cytometry = Cytometry(readout="caspase-3", channels={"caspase-3": "FL4-H"})
    result = gated(read_fcs(path, path.name), cytometry=cytometry)
    assert result.events == events
    assert 0.9 * events < result.singlets < events
    assert set(result.counts) == {"caspase3_negative", "caspase3_positive"}
    assert 0.003 < result.fractions["caspase3_positive"].value < 0.05
    assert result.viable.state == "missing"
    assert math.isnan(result.viable_log)
    assert {"threshold_without_controls", "no_singlet_gate", "uncompensated"} <= set(codes(result))
    assert [picture.title for picture in result.scatters] == ["Cells and debris", "Stain of single cells"]
