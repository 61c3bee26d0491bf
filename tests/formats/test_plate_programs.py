"""Exports of every program, written from random plates in its grammar: each well comes back, or the file is refused."""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.plate_file import read_plate_file
from avpi.readings import PLATE_SHAPES, PlateReading, well_name
from tests.formats import program_exports as programs

Shape = tuple[int, int]
Wells = dict[tuple[int, int], str]
FILE_SETTINGS = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 2**31)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A program's form, how it writes a saturated well, and whether it may leave whole plates out of the file."""

    write: Callable[[Shape, programs.Cell], programs.Rows]
    saturated: str
    smallest: int = 6
    delimiter: str = ","
    times: int = 1


def gen5(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.gen5(shape, [("LUM:Lum", cell), ("NormLum", lambda _r, _c: "99")])


def icontrol_rows(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.icontrol_kinetic(shape, [cell, cell], cycles_as_rows=True)


def icontrol_columns(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.icontrol_kinetic(shape, [cell, cell], cycles_as_rows=False)


def softmax_time(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.softmax_file(programs.softmax_time(shape, cell))


def softmax_plate(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.softmax_file(programs.softmax_plate(shape, [cell]))


def bmg_table(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.bmg_table(shape, [cell, cell])


def bmg_short(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.bmg(shape, cell, short=True)


def envision_after(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.envision(shape, cell, first=False)


def envision_bare(shape: Shape, cell: programs.Cell) -> programs.Rows:
    return programs.envision(shape, cell, labelled=False)


FORMS = {
    "EnVision": Written(write=programs.envision, saturated="OVER"),
    "EnVision, information last": Written(write=envision_after, saturated="OVER", delimiter=";"),
    "EnVision without labels": Written(write=envision_bare, saturated="OVER", smallest=96),
    "EnSpire": Written(write=programs.enspire, saturated="OVER"),
    "i-control": Written(write=programs.icontrol, saturated="OVER", delimiter="\t"),
    "i-control, cycles as rows": Written(write=icontrol_rows, saturated="OVER", delimiter=";", times=2),
    "i-control, cycles as columns": Written(write=icontrol_columns, saturated="OVER", delimiter="\t", times=2),
    "SparkControl": Written(write=programs.spark_list, saturated="OVER", delimiter=";"),
    "Gen5": Written(write=gen5, saturated="OVRFLW", delimiter="\t"),
    "SoftMax Pro, time format": Written(write=softmax_time, saturated="#Sat", delimiter="\t"),
    "SoftMax Pro, plate format": Written(write=softmax_plate, saturated="#Sat", delimiter="\t"),
    "Kaleido": Written(write=programs.kaleido, saturated="OVER"),
    "SkanIt": Written(write=programs.skanit, saturated="Sat", delimiter="\t"),
    "MARS": Written(write=programs.bmg, saturated="overflow", delimiter=";"),
    "MARS, short lines": Written(write=bmg_short, saturated="overflow", delimiter=";"),
    "MARS, table": Written(write=bmg_table, saturated="overflow", delimiter=";", times=2),
    "Methodical Mind": Written(write=programs.methodical_mind, saturated="Sat", delimiter="\t"),
    "Magellan": Written(write=programs.magellan, saturated="OVER", delimiter="\t"),
    "GloMax": Written(write=programs.glomax, saturated=">100000000"),
}


@dataclass(frozen=True, kw_only=True)
class MadePlate:
    """A plate of random wells, some unread, some saturated."""

    shape: Shape
    values: dict[tuple[int, int], float]
    saturated: frozenset[tuple[int, int]]

    def cell(self, word: str, mark: str) -> programs.Cell:
        """What a program writes for each well."""

        def text(row: int, column: int) -> str:
            if (row, column) in self.saturated:
                return word
            value = self.values.get((row, column))
            return "" if value is None else f"{value:.2f}".replace(".", mark)

        return text

    @property
    def wells(self) -> dict[str, float]:
        """The values by the names of their wells."""
        return {well_name(*at): value for at, value in sorted(self.values.items()) if at not in self.saturated}


def plate_of(seed: int, shapes: Sequence[Shape]) -> MadePlate:
    """A random plate: some wells unread, sometimes whole rows, up to three saturated; at least one well has a value."""
    chance = random.Random(seed)
    shape = chance.choice(list(shapes))
    wells = programs.wells_of(shape)
    unread = set(chance.sample(wells, chance.randint(0, len(wells) // 2)))
    blank = set(chance.sample(range(shape[0]), chance.randint(0, shape[0] - 1))) if chance.random() < 0.5 else set()
    kept = chance.choice(wells)
    values = {
        at: round(10000 + 100 * at[0] + at[1] + chance.randint(0, 99) + 0.17, 2)
        for at in wells
        if at == kept or (at not in unread and at[0] not in blank)
    }
    saturated = frozenset(chance.sample(wells, chance.randint(0, 3))) - {kept}
    return MadePlate(shape=shape, values=values, saturated=saturated)


def shapes_of(written: Written, *, most: int = 1536) -> list[Shape]:
    return [s for s in PLATE_SHAPES if written.smallest <= s[0] * s[1] <= most]


def read_rows(folder: Path, rows: programs.Rows, delimiter: str, *, encoding: str = "utf-8") -> PlateReading:
    path = folder / "export.txt"
    path.write_bytes(programs.joined(rows, delimiter).encode(encoding))
    return read_plate_file(path, path.name)


def as_workbook(folder: Path, rows: programs.Rows) -> PlateReading:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append([_number(cell) for cell in row])
    held = io.BytesIO()
    book.save(held)
    path = folder / "export.xlsx"
    path.write_bytes(held.getvalue())
    return read_plate_file(path, path.name)


def _number(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell or None


def check(reading: PlateReading, made: MadePlate, times: int) -> None:
    reads = [read for plate in reading.plates for read in plate.reads if read.kind == "measured"]
    assert len(reads) == times
    for read in reads:
        assert read.wells() == pytest.approx(made.wells, rel=1e-12)
        flagged = {well_name(int(r), int(c)) for r, c in zip(*read.overflow.nonzero(), strict=True)}
        assert flagged == {well_name(*at) for at in made.saturated}
        assert read.mode in ("luminescence", "electrochemiluminescence")
    assert [read.time_s for read in reads] == ([None] if times == 1 else [0.0, 30.0])


@pytest.mark.parametrize("form", FORMS)
@FILE_SETTINGS
@given(seed=SEEDS)
def test_a_random_plate_in_a_programs_grammar_comes_back_well_by_well(tmp_path: Path, form: str, seed: int) -> None:
    written = FORMS[form]
    made = plate_of(seed, shapes_of(written, most=384))
    mark = "." if written.delimiter == "," else ".,"[seed % 2]
    encoding = ("utf-8", "utf-8-sig", "utf-16")[seed % 3]
    rows = written.write(made.shape, made.cell(written.saturated, mark))
    check(read_rows(tmp_path, rows, written.delimiter, encoding=encoding), made, written.times)


@pytest.mark.parametrize("form", FORMS)
def test_a_plate_of_1536_wells_comes_back_well_by_well(tmp_path: Path, form: str) -> None:
    written = FORMS[form]
    made = plate_of(1, [(32, 48)])
    rows = written.write(made.shape, made.cell(written.saturated, "."))
    check(read_rows(tmp_path, rows, written.delimiter), made, written.times)


@pytest.mark.parametrize("form", [f for f in FORMS if "without labels" not in f and f != "Methodical Mind"])
@settings(FILE_SETTINGS, max_examples=4)
@given(seed=SEEDS)
def test_the_same_export_saved_as_a_workbook_comes_back_too(tmp_path: Path, form: str, seed: int) -> None:
    written = FORMS[form]
    made = plate_of(seed, shapes_of(written, most=96))
    rows = written.write(made.shape, made.cell(written.saturated, "."))
    check(as_workbook(tmp_path, rows), made, written.times)


@pytest.mark.parametrize("form", FORMS)
@settings(FILE_SETTINGS, max_examples=12)
@given(seed=SEEDS, what=st.sampled_from(["cut", "cut in a line", "without empty lines", "one line less", "padded"]))
def test_a_mangled_export_gives_the_right_wells_or_is_refused(tmp_path: Path, form: str, seed: int, what: str) -> None:
    """No value may stand in a well that is not its own, whatever was lost."""
    written = FORMS[form]
    made = plate_of(seed, shapes_of(written, most=384))
    rows = written.write(made.shape, made.cell(written.saturated, "."))
    text = mangled(programs.joined(rows, written.delimiter), what, written.delimiter, seed)
    (tmp_path / "export.txt").write_text(text, encoding="utf-8")
    with contextlib.suppress(FileFormatError):
        reading = read_plate_file(tmp_path / "export.txt", "export.txt")
        assert not {
            (read.name, well): value
            for plate in reading.plates
            for read in plate.reads
            if read.kind == "measured"
            for well, value in read.wells().items()
            if value != pytest.approx(made.wells.get(well, -1.0), rel=1e-12)
        }


def mangled(text: str, what: str, delimiter: str, seed: int) -> str:
    """What is left of an export after an accident."""
    lines = text.splitlines()
    at = random.Random(seed).randint(1, len(lines)) - 1
    if what == "cut":
        lines = lines[: at + 1]
    elif what == "cut in a line":
        whole = "\n".join(lines)
        return whole[: random.Random(seed).randint(1, len(whole))]
    elif what == "without empty lines":
        lines = [line for line in lines if line.strip(delimiter + " ")]
    elif what == "padded":
        most = max(line.count(delimiter) for line in lines)
        lines = [line + delimiter * (most - line.count(delimiter)) for line in lines]
    else:
        del lines[at]
    return "\n".join(lines) + "\n"


def test_a_file_that_ends_in_the_middle_of_a_row_is_refused(tmp_path: Path) -> None:
    text = programs.joined(programs.grid_rows((8, 12), str_of), ",").rstrip("\n")
    (tmp_path / "export.txt").write_text(text, encoding="utf-8")
    assert len(read_plate_file(tmp_path / "export.txt", "export.txt").plates[0].reads[0].wells()) == 96
    (tmp_path / "export.txt").write_text(text[:-9], encoding="utf-8")
    with pytest.raises(FileFormatError, match="the file ends in this row"):
        read_plate_file(tmp_path / "export.txt", "export.txt")


def test_a_programs_export_that_ends_in_its_last_value_is_refused(tmp_path: Path) -> None:
    text = programs.joined(programs.bmg((8, 12), str_of), ",").rstrip(",\n")
    (tmp_path / "export.txt").write_text(text, encoding="utf-8")
    with pytest.raises(FileFormatError, match="the file ends in this row, after '711'"):
        read_plate_file(tmp_path / "export.txt", "export.txt")
    (tmp_path / "export.txt").write_text(text + "\n", encoding="utf-8")
    assert read_plate_file(tmp_path / "export.txt", "export.txt").plates[0].reads[0].wells()["H12"] == 711.0


def test_the_name_of_another_instrument_in_a_path_changes_nothing(tmp_path: Path) -> None:
    rows = [*programs.gen5((2, 3), [("Lum", str_of)])]
    rows[3] = ["Experiment File Path:", "D:\\GloMax Discover\\x.xpt"]
    assert read_rows(tmp_path, rows, "\t").reader == "Gen5 3.12.08"


def test_two_plates_of_one_file_keep_their_values_apart(tmp_path: Path) -> None:
    def shifted(row: int, column: int) -> str:
        return str(20000 + 100 * row + column)

    lines = [*programs.gen5((8, 12), [("Lum", shifted)]), *programs.gen5((8, 12), [("Lum", str_of)], plate="Plate 2")]
    reading = read_rows(tmp_path, lines, "\t")
    assert [plate.name for plate in reading.plates] == ["Plate 1", "Plate 2"]
    assert [plate.reads[0].wells()["A01"] for plate in reading.plates] == [20000.0, 0.0]


def str_of(row: int, column: int) -> str:
    return str(100 * row + column)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t1\t2\t3\t", "\t1\t2\t2\t", "column number '2' stands after '2'"),
        ("LUM:Lum", "LUM:Lum\t5", "right, wells"),
    ],
)
def test_a_gen5_export_with_a_wrong_header_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = programs.joined(gen5((8, 12), str_of), "\t").replace(old, new)
    path = tmp_path / "export.txt"
    path.write_text(text, encoding="utf-8")
    if message == "right, wells":
        assert read_plate_file(path, path.name).plates[0].reads[0].wells()["B03"] == 102.0
        return
    with pytest.raises(FileFormatError, match=message):
        read_plate_file(path, path.name)
