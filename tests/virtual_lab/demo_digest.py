"""The digest of a demonstration study; ``python -m tests.virtual_lab.demo_digest`` renews the one that a test holds."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

import tifffile

from avpi.virtual_lab.studies import make_study

STUDY = "trap"
TEST = Path(__file__).with_name("test_lab_study.py")


def digest_of(folder: Path) -> str:
    """Return the hash of a study's texts, counts and pixels."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        # FCS files are left out: the last bit of their logarithms is the processor's.
        if path.suffix == ".tif":
            digest.update(tifffile.imread(path).tobytes())
        elif path.suffix != ".fcs":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def renew() -> None:
    """Write the digest of the study as it is made now into the test."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / STUDY
        make_study(STUDY, made)
        line = f'DEMO_DIGEST = "{digest_of(made)}"'
    TEST.write_text(re.sub(r'DEMO_DIGEST = "\w+"', line, TEST.read_text("utf-8")), "utf-8")
    print(line)


if __name__ == "__main__":
    renew()
