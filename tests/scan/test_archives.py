"""Archives: what is inside is found and named, whatever packs it; what cannot be read is told, and nothing takes over."""

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

import pytest
import zstandard

from gitshield.model.finding import Result, Skipped
from gitshield.model.place import ArchiveMember, StandardInput, WorkTreeFile
from gitshield.scan.archives import GATE, SCAN, Limits, members
from gitshield.scan.fragment import Fragment
from gitshield.scan.magic import is_archive
from gitshield.scan.pieces import PIECE
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files, Staged, Stream
from tests.builder import Repository
from tests.conftest import ROOT
from tests.scan.rulesets import TOKENS, terms_of

TERMS = terms_of(TOKENS + "[[rules]]\nid = 'dotenv'\npath = '(^|/)[.]env$'\n")
TEXT = b"key = tok_" + b"a1b2c3d4e5f6\n"
PLACE = StandardInput("box")


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def read(content: bytes, path: str = "box", limits: Limits = SCAN) -> tuple[dict[str, bytes], list[Skipped]]:
    items = list(members(content, PLACE, path, limits=limits))
    found = {item.place.path: item.data for item in items if isinstance(item, Fragment)}
    return found, [item for item in items if isinstance(item, Skipped)]


def result_of(base: Path, *names: str, archives: Limits | None = SCAN) -> Result:
    return scan([Files(tuple(str(base / name) for name in names), str(base), os.environ, archives=archives)], TERMS)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_of_a_zip_archive_are_read(method: int) -> None:
    assert read(zipped({"a/b.txt": TEXT, "empty": b""}, method)) == ({"box!/a/b.txt": TEXT, "box!/empty": b""}, [])


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_of_a_tar_archive_are_read_under_their_whole_names(format: int) -> None:
    files = {"a.txt": TEXT, "/".join(["folder" * 5] * 4) + "/b": b"x" * 513, "ü" if format != tarfile.USTAR_FORMAT else "u": b""}
    assert read(tarred(files, format)) == ({f"box!/{name}": content for name, content in files.items()}, [])


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressed_files_are_read(ending: str) -> None:
    pack = COMPRESSIONS[ending]
    assert read(pack(TEXT), f"x/a.sql.{ending}") == ({"box!/a.sql": TEXT}, [])
    assert read(pack(tarred({"b": TEXT})), f"a.tar.{ending}") == ({"box!/b": TEXT}, [])
    assert read(pack(TEXT) + pack(TEXT), "a." + ending) == ({"box!/a": TEXT + TEXT}, [])


def test_a_member_of_an_archive_in_an_archive_is_named_by_all_of_them() -> None:
    inner = zipped({"c.env": TEXT})
    items = list(members(COMPRESSIONS["gz"](tarred({"d/b.zip": inner})), WorkTreeFile("a.tar.gz"), "a.tar.gz"))
    assert [(item.place.path, item.path) for item in items if isinstance(item, Fragment)] == [
        ("a.tar.gz!/d/b.zip", "d/b.zip"),
        ("a.tar.gz!/d/b.zip!/c.env", "c.env"),
    ]
    assert isinstance(items[1], Fragment)
    assert items[1].place == ArchiveMember(WorkTreeFile("a.tar.gz"), "d/b.zip!/c.env")


def test_a_token_in_a_file_of_any_name_that_is_an_archive_is_found(tmp_path: Path) -> None:
    (tmp_path / "x.jar").write_bytes(zipped({"app.properties": TEXT}))
    (tmp_path / "y.docx").write_bytes(zipped({"word/document.xml": TEXT}))
    (tmp_path / "z").write_bytes(gzip.compress(TEXT))
    found = result_of(tmp_path, "x.jar", "y.docx", "z")
    assert [one.place.path for one in found.findings] == ["x.jar!/app.properties", "y.docx!/word/document.xml", "z!/z"]
    assert found.receipt.is_complete
    assert found.receipt.read == 6


def test_rules_see_the_path_inside_the_archive(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"conf/.env": b"A=1\n"}))
    assert [(one.rule_id, one.place.path) for one in result_of(tmp_path, "x.zip").findings] == [("dotenv", "x.zip!/conf/.env")]


def test_what_stands_in_the_clear_in_an_archive_is_found_once_in_its_member(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tarred({"in.zip": zipped({"a": TEXT}, zipfile.ZIP_STORED)}))
    assert [one.place.path for one in result_of(tmp_path, "x.tar").findings] == ["x.tar!/in.zip!/a"]


def test_without_archives_only_the_bytes_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tarred({"a": TEXT}))
    (tmp_path / "x.zip").write_bytes(zipped({"a": TEXT}))
    found = result_of(tmp_path, "x.tar", "x.zip", archives=None)
    assert [one.place.path for one in found.findings] == ["x.tar"]


def test_a_staged_archive_is_read(repository: Repository) -> None:
    (repository.path / "x.jar").write_bytes(zipped({"a": TEXT}))
    repository.git("add", "x.jar")
    found = scan([Staged(os.environ, str(repository.path), str(repository.git_dir / "objects"))], TERMS).findings
    assert [one.place.path for one in found] == ["x.jar!/a"]


def test_an_archive_on_standard_input_is_read() -> None:
    found = scan([Stream(io.BytesIO(zipped({"a": TEXT})), "x.zip")], TERMS)
    assert [one.place.path for one in found.findings] == ["x.zip!/a"]


def test_the_option_of_the_command_line_leaves_them_out(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(zipped({"a": TEXT}))
    words = [sys.executable, "-m", "gitshield", "scan", "--no-archives", "x.zip"]
    done = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert (done.returncode, b"read: 1 item" in done.stdout) == (0, True), done.stdout


def test_a_large_member_comes_in_pieces() -> None:
    items = list(members(gzip.compress(b"\n" * (PIECE + 10) + TEXT), PLACE, "x.gz"))
    assert [item.is_whole for item in items if isinstance(item, Fragment)] == [False, False]
    assert isinstance(items[1], Fragment)
    assert items[1].data.endswith(TEXT)


DAMAGED = {
    "a zip archive that is cut off": zipped({"a": TEXT * 50})[:-30],
    "a zip archive with a broken member": zipped({"a": os.urandom(500)}).replace(b"PK\x03\x04", b"PK\x03\x04\xff\xff", 1),
    "a tar archive that is cut off": tarred({"a": TEXT * 100})[:1500],
    "a tar archive with a broken header": tarred({"a": TEXT, "b": TEXT}).replace(b"b" + b"\x00" * 99, b"c" + b"\x00" * 99),
    **{f"{ending} that is cut off": pack(os.urandom(2000))[:-20] for ending, pack in COMPRESSIONS.items()},
    **{f"{ending} with a broken middle": pack(os.urandom(2000))[:14] + b"\xa5" * 40 for ending, pack in COMPRESSIONS.items()},
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_told_as_a_failure(content: bytes) -> None:
    _, skipped = read(content)
    assert [skip.is_failure for skip in skipped] == [True]
    assert "damaged" in skipped[0].reason


def test_the_members_around_a_broken_one_are_read() -> None:
    content = zipped({"a": TEXT, "b": b"unbroken text", "c": TEXT}, zipfile.ZIP_STORED).replace(b"unbroken", b"rebroken", 1)
    found, skipped = read(content)
    assert {"box!/a", "box!/c"} <= set(found)
    assert [(skip.path, skip.is_failure) for skip in skipped] == [("box!/b", True)]


def test_encrypted_members_are_told_by_number_and_the_others_read() -> None:
    content = bytearray(zipped({"a": TEXT, "b": TEXT}))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    found, skipped = read(bytes(content))
    assert set(found) == {"box!/b"}
    assert [(skip.path, skip.is_failure) for skip in skipped] == [("box", False)]
    assert skipped[0].reason.startswith("1 of 2 members are encrypted")


@pytest.mark.parametrize(("magic", "name"), [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07\x01\x00", "rar")])
def test_kinds_that_are_not_read_are_named(magic: bytes, name: str) -> None:
    assert read(magic + b"\x00" * 100) == ({}, [Skipped("box", f"{name} archives are not read", is_failure=False)])


@pytest.mark.parametrize("content", [b"", b"PK", b"PKCS", b"plain", b"\x1f\x8b", b"BZhello", b"7z", b"Rar", bytes(600)])
def test_what_only_begins_like_an_archive_is_none(content: bytes) -> None:
    assert not is_archive(content)


def test_archives_in_archives_are_read_to_a_depth_and_the_rest_is_told() -> None:
    content = TEXT
    for _ in range(7):
        content = zipped({"x": content})
    found, skipped = read(content)
    assert max(path.count("!/") for path in found) == SCAN.depth
    assert [(skip.path.count("!/"), skip.is_failure) for skip in skipped] == [(SCAN.depth, True)]


def test_members_are_read_to_a_number_and_the_rest_is_told() -> None:
    for content in (zipped({str(number): b"" for number in range(20)}), tarred({str(number): b"" for number in range(20)})):
        found, skipped = read(content, limits=Limits(members=9))
        assert (len(found), [skip.is_failure for skip in skipped]) == (9, True if not skipped else [True])


@pytest.mark.parametrize("ending", [*COMPRESSIONS, "zip", "tar.gz"])
def test_a_bomb_is_cut_in_bounded_time_and_memory(ending: str) -> None:
    zeros = bytes(100 << 20)
    if ending == "zip":
        content = zipped({"x": zeros})
    else:
        content = gzip.compress(tarred({"x": zeros}), 9) if ending == "tar.gz" else COMPRESSIONS[ending](zeros)
    tracemalloc.start()
    began = process_time()
    skipped = [item for item in members(content, PLACE, "x") if isinstance(item, Skipped)]
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [skip.reason for skip in skipped if skip.is_failure] == ["unpacks to more than 64 MiB: the rest is not read"]
    assert process_time() - began < 20
    assert used < 6 * PIECE


def test_an_endless_header_of_a_tar_archive_is_refused() -> None:
    header = bytearray(tarred({"x": b""})[:512])
    header[124:136] = b"77777777777\x00"
    header[156:157] = b"x"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\x00 " % sum(header)
    _, skipped = read(bytes(header) + bytes(10_000))
    assert [skip.is_failure for skip in skipped] == [True]


def test_a_list_of_members_that_is_itself_a_bomb_is_not_read() -> None:
    content = bytearray(zipped({"x": b""}))
    at = content.rindex(b"PK\x05\x06")
    content[at + 12 : at + 16] = struct.pack("<I", 1 << 30)
    _, skipped = read(bytes(content))
    assert [skip.is_failure for skip in skipped] == [True]


def test_a_gate_does_not_stop_what_it_cannot_read() -> None:
    for content in (*DAMAGED.values(), zipped({str(number): b"" for number in range(GATE.members + 1)})):
        assert {skip.is_failure for skip in read(content, limits=GATE)[1]} == {False}


def test_a_tar_archive_whose_sums_were_made_of_signed_bytes_is_read() -> None:
    header = bytearray(tarred({"\xfc": b""}, tarfile.GNU_FORMAT)[:512])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\x00 " % (sum(header) - 256 * sum(byte > 127 for byte in header))
    assert read(bytes(header) + bytes(1024)) == ({"box!/\xfc": b""}, [])
