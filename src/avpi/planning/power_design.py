"""What power needs of a planned study: how many wells of which condition, which harvests, which tubes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from avpi.planning.layout import PlateLayoutPlan, role_of
from avpi.planning.power import PowerDesign
from avpi.study.read import Study
from avpi.study.schema import Lane


def power_design(study: Study, layouts: Sequence[PlateLayoutPlan]) -> PowerDesign:
    """Return what is measured in the first experiment of a study; the others repeat it."""
    first = study.experiments[0]
    own = [layout for layout in layouts if layout.experiment == first]
    wells: Counter[str] = Counter()
    vehicle = 0
    for layout in own:
        for content, count in layout.groups.items():
            if role_of(content) == "vehicle":
                vehicle += count
            elif role_of(content) == "sample":
                condition = study.words.condition(content)
                if study.words.at_working_doses(condition):
                    wells[condition.label] += count
    lanes = [lane for blot in study.blots if blot.experiment == first and blot.target == "cIAP1" for lane in blot.lanes]
    harvests = {
        lane.time
        for lane in lanes
        if lane.time and lane.time <= study.rules.engagement_by and _mimetic_alone(study, lane)
    }
    tubes = (study.words.condition(s.condition) for s in study.samples if s.experiment == first)
    return PowerDesign(
        conditions=dict(wells),
        vehicle_wells=vehicle,
        harvests=tuple(sorted(harvests)),
        tubes=tuple(dict.fromkeys(c.label for c in tubes if study.words.at_working_doses(c))),
        rules=study.rules,
        working_dose_molar=study.working_dose_molar,
    )


def _mimetic_alone(study: Study, lane: Lane) -> bool:
    """Return whether a lane holds cells with the mimetic at its working dose and nothing else."""
    if lane.empty or lane.ladder:
        return False
    condition = study.lane_condition(lane)
    return condition.reagents == {"SM"} and study.words.at_working_doses(condition)
