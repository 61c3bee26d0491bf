import pytest

from avpi.errors import NotAnalysed
from avpi.plate.select import select_read
from avpi.readings import Plate, PlateReading
from avpi.study.schema import PlateFile
from tests.plate.simulated_plate import declared_plate, read_of, reading_of


def refusal(reading: PlateReading, declared: PlateFile) -> tuple[str, str]:
    with pytest.raises(NotAnalysed) as caught:
        select_read(reading, declared)
    return caught.value.code, str(caught.value)


def test_a_single_read_needs_no_declaration() -> None:
    chosen = select_read(reading_of(read_of({"A01": 1.0})), declared_plate())
    assert (chosen.plate.name, chosen.label, chosen.findings) == ("Plate 1", "LUM", ())


def test_two_measured_reads_are_refused_and_listed() -> None:
    code, why = refusal(reading_of(read_of({}, name="US LUM"), read_of({}, name="LUM 2")), declared_plate())
    assert code == "ambiguous_read"
    assert "'US LUM', 'LUM 2'" in why
    assert "`read:`" in why


def test_a_measured_read_wins_over_calculated_ones() -> None:
    corrected = read_of({"A01": 2.0}, name="corrected", kind="calculated")
    raw = read_of({"A01": 1.0}, name="raw")
    chosen = select_read(reading_of(corrected, raw, corrected), declared_plate())
    assert chosen.label == "raw"


def test_a_calculated_read_can_be_declared_and_is_named_in_a_finding() -> None:
    corrected = read_of({"A01": 2.0}, name="corrected", kind="calculated")
    raw = read_of({"A01": 1.0}, name="raw")
    chosen = select_read(reading_of(raw, corrected), declared_plate(read="Corrected "))
    assert chosen.label == "corrected"
    assert [f.code for f in chosen.findings] == ["calculated_read"]


def test_the_luminescence_read_is_taken_of_a_multiplexed_plate() -> None:
    fluorescence = read_of({"A01": 2.0}, name="CellTox", mode="fluorescence")
    chosen = select_read(reading_of(fluorescence, read_of({"A01": 1.0})), declared_plate())
    assert chosen.label == "LUM"


@pytest.mark.parametrize("mode", ["absorbance", "fluorescence", "electrochemiluminescence"])
def test_another_mode_offered_as_celltiter_glo_is_refused(mode: str) -> None:
    code, why = refusal(reading_of(read_of({"A01": 1.0}, mode=mode)), declared_plate())  # type: ignore[arg-type]
    assert code == "wrong_read_mode"
    assert mode in why


def test_a_declared_read_of_the_wrong_mode_is_refused_too() -> None:
    reading = reading_of(read_of({}, name="OD 450", mode="absorbance"), read_of({}))
    assert refusal(reading, declared_plate(read="OD 450"))[0] == "wrong_read_mode"


def test_a_read_that_does_not_say_its_mode_is_noted() -> None:
    chosen = select_read(reading_of(read_of({"A01": 1.0}, mode="unknown")), declared_plate())
    assert [(f.code, f.severity) for f in chosen.findings] == [("mode_unknown", "note")]


def test_an_unknown_read_names_those_there_are_and_the_nearest() -> None:
    code, why = refusal(reading_of(read_of({}, name="US LUM 384")), declared_plate(read="US LUM 385"))
    assert code == "unknown_read"
    assert "'US LUM 385'" in why
    assert "Did you mean 'US LUM 384'?" in why


def test_a_plate_is_found_by_name_or_barcode_whatever_the_case() -> None:
    plates = (
        Plate(name="Plate 1", barcode="BC7", reads=(read_of({"A01": 1.0}),)),
        Plate(name="Plate 2", barcode="BC8", reads=(read_of({"A01": 2.0}),)),
    )
    reading = PlateReading(reader="r", trust="working", plates=plates, source="raw/p.csv")
    assert select_read(reading, declared_plate(plate="plate 2")).plate.name == "Plate 2"
    assert select_read(reading, declared_plate(plate="BC7")).plate.name == "Plate 1"
    assert refusal(reading, declared_plate())[0] == "ambiguous_plate"
    code, why = refusal(reading, declared_plate(plate="Plate 3"))
    assert code == "unknown_plate"
    assert "Did you mean 'Plate" in why


def test_a_kinetic_is_refused_until_a_time_is_declared() -> None:
    reading = reading_of(*(read_of({"A01": t}, name="LUM", time_s=t) for t in (0.0, 60.0)))
    code, why = refusal(reading, declared_plate())
    assert code == "ambiguous_read"
    assert "'LUM at 60 s'" in why
    assert refusal(reading, declared_plate(read="LUM"))[0] == "ambiguous_read"
    assert select_read(reading, declared_plate(read="LUM at 60 s")).read.time_s == 60.0


def test_a_cytometry_readout_is_no_plate() -> None:
    declared = PlateFile(name="p", experiment="e", file="f", layout="l", readout="annexin_v_pi")
    assert refusal(reading_of(read_of({"A01": 1.0})), declared)[0] == "wrong_readout"


def test_an_export_without_values_is_refused() -> None:
    assert refusal(reading_of(), declared_plate())[0] == "no_reads"
    empty = PlateReading(reader="r", trust="working", plates=(), source="raw/p.csv")
    assert refusal(empty, declared_plate())[0] == "no_reads"
