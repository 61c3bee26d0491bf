"""Studies as ClinicalTrials.gov's API v2 gives them: invented, in the real shape."""

from __future__ import annotations

from typing import Any


def study(nct: str, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    """Return a study as the API gives it."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": nct,
                **({"nctIdAliases": more["aliases"]} if "aliases" in more else {}),
                "orgStudyIdInfo": {"id": "INVENTED-1"},
                "organization": {"fullName": "Nobody", "class": "INDUSTRY"},
                "briefTitle": more.get("title", "An invented trial"),
            },
            "statusModule": {
                "statusVerifiedDate": "2026-10",
                "overallStatus": status,
                **({"whyStopped": more["why"]} if "why" in more else {}),
                "expandedAccessInfo": {"hasExpandedAccess": False},
                "startDateStruct": {"date": more.get("started", "2020-09-20"), "type": "ACTUAL"},
                "completionDateStruct": {"date": more.get("completed", "2024-06"), "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": "2026-10-01", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Nobody", "class": "INDUSTRY"}},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": more.get("phases", ["PHASE3"]),
                "enrollmentInfo": {"count": more.get("count", 730), "type": more.get("type", "ACTUAL")},
            },
            "armsInterventionsModule": {
                "interventions": [
                    {"type": "DRUG", "name": more.get("drug", "Xevinapant"), "otherNames": more.get("others", [])}
                ]
            },
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-10-30"}},
        "hasResults": False,
    }
