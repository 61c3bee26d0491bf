"""Images of blots: what is read, what is refused, and what is said about it."""

from __future__ import annotations

import logging
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from avpi.errors import FileFormatError
from avpi.formats.blot_image import read_blot_image


def grey(bits: int = 16, rows: int = 40, columns: int = 60) -> NDArray[Any]:
    values = np.linspace(0, 2**bits - 1, rows * columns).reshape(rows, columns)
    return values.astype(np.uint16 if bits == 16 else np.uint8)


def fault(path: Path) -> str:
    with pytest.raises(FileFormatError) as caught:
        read_blot_image(path, "raw/" + path.name)
    message = str(caught.value)
    assert message.startswith("raw/" + path.name)
    return message


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_a_tiff_is_read_as_stored(tmp_path: Path, compression: str | None, bits: int, byteorder: Any) -> None:
    path, pixels = tmp_path / "blot.tif", grey(bits)
    tifffile.imwrite(path, pixels, compression=compression, byteorder=byteorder, predictor=compression == "lzw")
    image = read_blot_image(path, "raw/blot.tif")
    np.testing.assert_array_equal(image.pixels, pixels)
    assert (image.bits, image.lossy, image.source, image.caveats) == (bits, False, "raw/blot.tif", ())
    assert image.pixels.dtype.isnative


@pytest.mark.parametrize(("tag", "polarity"), [("minisblack", "min_is_black"), ("miniswhite", "min_is_white")])
def test_the_polarity_tag_is_recorded_and_values_stay_as_stored(tmp_path: Path, tag: Any, polarity: str) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, grey(), photometric=tag)
    image = read_blot_image(path, "blot.tif")
    assert image.tag_polarity == polarity
    np.testing.assert_array_equal(image.pixels, grey())


@pytest.mark.parametrize("bits", [8, 16])
def test_a_png_is_read_as_stored(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "blot.png"
    Image.fromarray(grey(bits)).save(path)
    image = read_blot_image(path, "blot.png")
    np.testing.assert_array_equal(image.pixels, grey(bits))
    assert image.pixels.dtype == grey(bits).dtype
    assert (image.bits, image.lossy) == (bits, False)


def test_a_jpeg_is_lossy_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    Image.fromarray(grey(8)).save(path, format="JPEG")
    assert read_blot_image(path, "blot.png").lossy


def test_several_pages_give_the_first_with_a_caveat(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, np.stack([grey(), grey() // 2]), photometric="minisblack")
    image = read_blot_image(path, "blot.tif")
    np.testing.assert_array_equal(image.pixels, grey())
    assert [c.code for c in image.caveats] == ["first_page_only"]


@pytest.mark.parametrize("suffix", [".tif", ".png"])
@pytest.mark.parametrize("alpha", [False, True])
def test_grey_stored_as_colour_becomes_grey_with_a_caveat(tmp_path: Path, suffix: str, alpha: bool) -> None:
    path, plane = tmp_path / f"blot{suffix}", grey(8)
    planes = [plane, plane, plane, *([np.full_like(plane, 255)] if alpha else [])]
    colour = np.stack(planes, axis=-1)
    if suffix == ".tif":
        tifffile.imwrite(path, colour, photometric="rgb", extrasamples=["unassalpha"] if alpha else None)
    else:
        Image.fromarray(colour).save(path)
    image = read_blot_image(path, path.name)
    np.testing.assert_array_equal(image.pixels, plane)
    assert [c.code for c in image.caveats] == ["colour_to_grey"]


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_a_colour_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    path, plane = tmp_path / f"blot{suffix}", grey(8)
    colour = np.stack([plane, plane[::-1], np.zeros_like(plane)], axis=-1)
    if suffix == ".tif":
        tifffile.imwrite(path, colour, photometric="rgb")
    else:
        Image.fromarray(colour).save(path)
    assert "colour" in fault(path)


def test_sixteen_bits_that_hold_fewer_are_said_so(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    for pixels in (grey(8).astype(np.uint16), grey(8).astype(np.uint16) << 8):
        tifffile.imwrite(path, pixels)
        image = read_blot_image(path, "blot.tif")
        assert [c.code for c in image.caveats] == ["few_grey_levels"]
        assert "8 bits" in image.caveats[0].text


@pytest.mark.parametrize("kind", [np.uint32, np.int16, np.bool_, np.complex64])
def test_other_kinds_of_pixel_are_refused_with_the_bits_found(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, (grey() > 9).astype(kind) if kind is np.bool_ else grey().astype(kind))
    message = fault(path)
    assert "bits a pixel" in message
    assert "8 or 16 bits" in message
    assert "16-bit TIFF" in message


def test_a_one_bit_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    Image.fromarray(grey(8)).convert("1").save(path)
    assert "'1' bits" in fault(path)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_grey_palette_gives_its_levels_and_a_colour_palette_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"blot{suffix}"
    levels = np.arange(256)[::-1].astype(np.uint8)  # as some programs invert: index 0 is white
    ramp, rainbow = (np.stack(planes, axis=1) for planes in ([levels] * 3, [levels, levels[::-1], levels]))
    for palette, coloured in ((ramp, False), (rainbow, True)):
        if suffix == ".tif":
            tifffile.imwrite(path, grey(8), photometric="palette", colormap=(palette.T.astype(np.uint16) * 257))
        else:
            picture = Image.fromarray(grey(8)).convert("P")
            picture.putpalette(palette.ravel().tolist())
            picture.save(path)
        if coloured:
            assert "palette" in fault(path)
        else:
            np.testing.assert_array_equal(read_blot_image(path, path.name).pixels, 255 - grey(8))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_finite_floating_point_is_read_and_nan_refused(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, grey().astype(kind) / 7)
    image = read_blot_image(path, path.name)
    np.testing.assert_allclose(image.pixels, grey() / 7, rtol=1e-6)
    assert image.bits == 32
    for bad in (np.nan, np.inf):
        pixels = grey().astype(kind)
        pixels[3, 4] = bad
        tifffile.imwrite(path, pixels)
        assert "NaN" in fault(path)


def test_tiles_bigtiff_and_single_row_strips_are_read(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    rows: dict[str, Any] = {"rowsperstrip": 1, "compression": "lzw"}
    hows: tuple[dict[str, Any], ...] = ({"tile": (16, 16)}, {"bigtiff": True}, rows)
    for how in hows:
        tifffile.imwrite(path, grey(), **how)
        np.testing.assert_array_equal(read_blot_image(path, path.name).pixels, grey())


def test_a_page_may_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, np.stack([grey(), grey() // 2]), photometric="minisblack")
    image = read_blot_image(path, path.name, page=2)
    np.testing.assert_array_equal(image.pixels, grey() // 2)
    assert image.caveats == ()
    for number in (0, 3):
        with pytest.raises(FileFormatError, match=f"no page '{number}'"):
            read_blot_image(path, path.name, page=number)


def test_a_cmyk_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, np.stack([grey(8)] * 4, axis=-1), photometric="separated")
    assert "CMYK" in fault(path)
    path = tmp_path / "blot.jpg"
    Image.fromarray(grey(8)).convert("CMYK").save(path)
    assert "CMYK" in fault(path)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_a_red_box_drawn_on_grey_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"blot{suffix}"
    colour = np.stack([grey(8, 200, 300)] * 3, axis=-1)
    colour[40:90, [50, 51, 120, 121]] = colour[[40, 41, 89, 90], 50:121] = (220, 30, 30)
    if suffix == ".tif":
        tifffile.imwrite(path, colour, photometric="rgb")
    else:
        Image.fromarray(colour).save(path)
    assert "colour" in fault(path)


def test_sixteen_bit_colour_png_that_is_grey_keeps_its_bits(tmp_path: Path) -> None:
    path = tmp_path / "blot.png"
    path.write_bytes(imagecodecs.png_encode(np.stack([grey()] * 3, axis=-1)))
    np.testing.assert_array_equal(read_blot_image(path, path.name).pixels, grey())
    path.write_bytes(path.read_bytes()[:-60])
    assert "truncated" in fault(path)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits"])
def test_a_short_strip_gives_no_partial_picture(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "blot.tif"
    pixels = np.random.default_rng(0).integers(0, 60000, (64, 64)).astype(np.uint16)
    tifffile.imwrite(path, pixels, compression=compression, rowsperstrip=8)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        counts = tiff.pages.first.tags[279]
        counts.overwrite([*counts.value[:3], counts.value[3] // 2, *counts.value[4:]])
    assert "cannot be decoded" in fault(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    path.write_bytes(b"")
    assert "empty" in fault(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in fault(tmp_path / "blot.tif")


def test_a_text_named_tif_is_refused_with_how_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "blot.tif"
    path.write_text("Lane\tVolume\n1\t23\n")
    assert "'Lane.Volume.'" in fault(path)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_tiff_is_refused(tmp_path: Path, compression: str | None, share: float) -> None:
    path = tmp_path / "blot.tif"
    rng = np.random.default_rng(0)
    tifffile.imwrite(path, rng.integers(0, 65535, (200, 300)).astype(np.uint16), compression=compression)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    assert "truncated" in fault(path)


def test_a_truncated_png_or_jpeg_is_refused(tmp_path: Path) -> None:
    for name in ("blot.png", "blot.jpg"):
        path = tmp_path / name
        Image.fromarray(grey(8, 200, 300)).save(path)
        path.write_bytes(path.read_bytes()[:-400])
        assert "truncated" in fault(path)


def test_a_tiff_that_declares_a_gigantic_image_is_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tif"
    entries = [(256, 60_000), (257, 60_000), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1), (278, 60_000), (279, 4)]
    head = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    path.write_bytes(head + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries) + b"\0\0\0\0")
    assert "'60000 x 60000' pixels" in fault(path)


def test_a_png_that_declares_a_gigantic_image_is_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 16, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)))
    assert "'60000 x 60000' pixels" in fault(path)


def test_what_tifffile_logs_does_not_reach_the_user(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "blot.tif"
    tifffile.imwrite(path, grey())
    path.write_bytes(path.read_bytes()[:-3000])
    with caplog.at_level(logging.DEBUG):
        fault(path)
    assert not caplog.records
    assert not logging.getLogger("tifffile").disabled


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_gives_an_image_or_a_clear_fault(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "blot.tif"
    suffix = data.draw(st.sampled_from(["tif", "png", "jpeg"]))
    if suffix == "tif":
        tifffile.imwrite(path, grey(16, 12, 16), compression=data.draw(st.sampled_from([None, "lzw", "zlib"])))
    else:
        Image.fromarray(grey(8, 12, 16)).save(path, format=suffix)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    with suppress(FileFormatError):
        assert read_blot_image(path, "blot.tif").pixels.ndim == 2


@pytest.mark.shared_data
def test_real_exports_are_read(shared_data: Path) -> None:
    shapes = {
        "csitron_antiActin_20240710_Ch_Chemi.tif": (1648, 1200, 16, "min_is_white"),
        "blotbench_trail.tif": (520, 696, 16, "min_is_black"),
        "gelgenie_ladder_reference_gel.tif": (1024, 1360, 8, "min_is_black"),
        "wbmage_test1.png": (142, 815, 8, "min_is_black"),
        "masha_loading_control.jpg": (280, 799, 8, "unknown"),
    }
    for name, (rows, columns, bits, tag) in shapes.items():
        image = read_blot_image(shared_data / "blots" / name, name)
        assert (*image.pixels.shape, image.bits, image.tag_polarity) == (rows, columns, bits, tag)
    # Named .png, but a JPEG inside.
    assert read_blot_image(shared_data / "blots" / "wbmage_test3.png", "x.png").lossy
