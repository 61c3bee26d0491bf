"""Names of the files of a simulated study."""

from __future__ import annotations

from dataclasses import dataclass

from avpi.virtual_lab.design import TIME_COURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """Names of one experiment's files below the study folder."""

    experiment: str

    def probe(self, membrane: str, protein: str) -> str:
        """Image of a membrane probed for a protein."""
        which = "" if membrane == TIME_COURSE else f"{membrane}_"
        return f"raw/{self.experiment}_{which}{protein}.tif"

    @property
    def unstained(self) -> str:
        """Tube without stain."""
        return f"raw/{self.experiment}_unstained.fcs"

    def single_stain(self, stain: str) -> str:
        """Tube with one stain."""
        return f"raw/{self.experiment}_only_{stain}.fcs"

    def sample(self, condition: str) -> str:
        """Tube with both stains."""
        return f"raw/{self.experiment}_cells_{condition.replace('+', '_')}.fcs"

    def plate(self, plate: str, suffix: str) -> str:
        """Export of a plate."""
        return f"raw/{self.experiment}_plate_{plate}.{suffix}"

    def layout(self, plate: str, suffix: str) -> str:
        """Layout of a plate."""
        return f"raw/{self.experiment}_layout_{plate}.{suffix}"
