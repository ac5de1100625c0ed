"""Decoding, editing and writing files back byte for byte."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from initlint.findings import Edit, Site
from initlint.text.edits import LineIndex, OverlapError, Source, SourceError, apply_edits, apply_fixes, as_bytes, decode, read_source, save, write_atomic

MIXED = "a = 1\r\nb = 2\nc = 3\rd = 4"


def edit(text: str, old: str, new: str, nth: int = 0) -> Edit:
    """Replace the ``nth`` occurrence of ``old`` in ``text`` by ``new``."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(old, start + 1)
    return Edit(new, LineIndex(text).site("x.py", start, start + len(old)))


@pytest.mark.parametrize("text", ["", "a", "a\n", "\n\n", MIXED, "a\r\n\r\nb", "é\t日\n"])
def test_line_index_round_trips(text: str) -> None:
    """Every offset survives the way to a line and column and back."""
    index = LineIndex(text)
    assert [index.offset(*index.position(offset)) for offset in range(len(text) + 1)] == list(range(len(text) + 1))


def test_line_index_counts_every_kind_of_newline() -> None:
    """A carriage return, a line feed and the pair each end one line."""
    index = LineIndex(MIXED)
    assert [index.position(MIXED.index(name)) for name in "abcd"] == [(1, 1), (2, 1), (3, 1), (4, 1)]


@pytest.mark.parametrize(("line", "column"), [(0, 1), (1, 0), (9, 1)])
def test_line_index_refuses_places_that_do_not_exist(line: int, column: int) -> None:
    """A position outside the text is an error, not a guess."""
    with pytest.raises(ValueError, match="no such place"):
        LineIndex("a\n").offset(line, column)


def test_edits_apply_in_any_order_and_keep_newlines() -> None:
    """Mixed newlines survive, whatever the order of the edits."""
    edits = [edit(MIXED, "4", "40"), edit(MIXED, "2", "20"), edit(MIXED, "1", "")]
    assert apply_edits(MIXED, edits) == "a = \r\nb = 20\nc = 3\rd = 40"


def test_equal_edits_count_once() -> None:
    """Two fixes that need the same import share the edit."""
    text = "import a\n"
    insertion = edit(text, "", "b, ")
    assert apply_edits(text, [insertion, insertion]) == "b, import a\n"


def test_touching_edits_do_not_collide() -> None:
    """An insertion right before or behind a replacement is no overlap."""
    text = "f(a)"
    before, after = LineIndex(text).site("", 2, 2), LineIndex(text).site("", 3, 3)
    assert apply_edits(text, [edit(text, "a", "b"), Edit("<", before), Edit(">", after)]) == "f(<b>)"


@pytest.mark.parametrize(("left", "right"), [(("ab", "x"), ("bc", "y")), (("b", "x"), ("b", "y")), (("", "x"), ("", "y"))])
def test_colliding_edits_are_refused(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Overlapping edits, or two different ones at one place, raise."""
    with pytest.raises(OverlapError):
        apply_edits("abc", [edit("abc", *left), edit("abc", *right)])


def test_a_fix_lands_whole_or_not_at_all() -> None:
    """A fix that collides in one edit loses its other edits too, and later fixes still land."""
    text = "a b c"
    fixes = [[edit(text, "a", "A")], [edit(text, "b", "B"), edit(text, "a", "X")], [edit(text, "c", "C")]]
    assert apply_fixes(text, fixes) == ("A b C", [0, 2])


@pytest.mark.parametrize(
    ("data", "encoding", "bom"),
    [
        (b"", "utf-8", False),
        ("x = 'é'\r\n".encode(), "utf-8", False),
        (b"\xef\xbb\xbfx = 1\n", "utf-8", True),
        (b"\xef\xbb\xbf# coding: utf-8\nx = 1\n", "utf-8", True),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso8859-1", False),
        (b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "cp1252", False),
        (b"\r\n# coding: koi8-r\r\nx = '\xc1'\r\n", "koi8-r", False),
        (b"#!python\r# coding: latin-1\rx = '\xe9'\r", "iso8859-1", False),
        (b"x = 1\n# coding: nonsense\n", "utf-8", False),
    ],
)
def test_decoding_honours_marks_and_declarations(data: bytes, encoding: str, bom: bool) -> None:
    """The byte order mark and PEP 263 decide, and what was read encodes to the same bytes."""
    source = decode(data)
    assert (source.encoding, source.bom) == (encoding, bom)
    assert not source.text.startswith("\ufeff")
    assert source.encode(source.text) == data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\0\n", "contains null bytes"),
        ("x = 1".encode("utf-16"), "is UTF-16; Python source has to be UTF-8 or declare an 8-bit encoding"),
        (b"a\nb\nx = '\xe9'\n", "is not UTF-8 and declares no other encoding (line 3)"),
        (b"# coding: ascii\nx = '\xe9'\n", "is not ascii, which it declares (line 2)"),
        (b"# coding: no-such-thing\n", "declares an unknown encoding: no-such-thing"),
        (b"# coding: rot13\n", "declares rot-13, which is not a text encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "has a UTF-8 byte order mark but declares iso8859-1"),
    ],
)
def test_what_cannot_be_decoded_says_why(data: bytes, message: str) -> None:
    """Each way a file can fail to be text has its own sentence."""
    with pytest.raises(SourceError) as error:
        decode(data)
    assert error.value.message == message


def test_text_that_the_encoding_lacks_is_refused() -> None:
    """An edit cannot smuggle characters into a file that has no bytes for them."""
    with pytest.raises(SourceError, match="cannot be written as iso8859-1"):
        Source("", "iso8859-1").encode("日")


def test_save_keeps_every_other_byte(tmp_path: Path) -> None:
    """Mark, declaration, encoding and mixed newlines stay as they were."""
    path = tmp_path / "net.py"
    data = b"\xef\xbb\xbf# coding: utf-8\r\nx = 'caf\xc3\xa9'\n\ty = 1\r"
    path.write_bytes(data)
    before = read_source(path).text
    save(path, before, before.replace("y = 1", "y = 2"))
    assert path.read_bytes() == data.replace(b"y = 1", b"y = 2")


def test_save_keeps_mode_and_follows_links(tmp_path: Path) -> None:
    """The file behind a symbolic link is replaced; link and permissions stay."""
    real, link = tmp_path / "real.py", tmp_path / "link.py"
    real.write_bytes(b"a\n")
    real.chmod(0o754)
    link.symlink_to(real)
    save(link, "a\n", "b\n")
    assert link.is_symlink()
    assert real.read_bytes() == b"b\n"
    assert real.stat().st_mode & 0o777 == 0o754
    assert sorted(os.listdir(tmp_path)) == ["link.py", "real.py"]


def test_save_leaves_a_file_alone_that_has_changed(tmp_path: Path) -> None:
    """What someone else wrote meanwhile is not overwritten."""
    path = tmp_path / "net.py"
    path.write_bytes(b"new\n")
    with pytest.raises(SourceError, match="has changed since it was read"):
        save(path, "old\n", "fixed\n")
    assert path.read_bytes() == b"new\n"


def test_save_refuses_an_encoding_that_does_not_round_trip(tmp_path: Path) -> None:
    """A stateful encoding with a redundant escape would change bytes outside the edit."""
    path = tmp_path / "net.py"
    path.write_bytes(b"# coding: iso2022_jp\nx = '\x1b(B'\n")
    before = read_source(path).text
    with pytest.raises(SourceError, match="round trip"):
        save(path, before, before + "y = 1\n")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the rename fails, the old file stands and the temporary one is gone."""
    path = tmp_path / "net.py"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("disk on fire")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk on fire"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["net.py"]


def test_a_file_that_changes_at_the_last_moment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves while the new text is being written."""
    path = tmp_path / "net.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", lambda handle: path.write_bytes(b"newer"))
    with pytest.raises(SourceError, match="has changed since it was read"):
        save(path, "old", "fixed")
    assert path.read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["net.py"]


def test_the_owner_stays_or_the_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of somebody else stays theirs."""
    path = tmp_path / "net.py"
    path.write_bytes(b"old")
    real = os.stat

    def foreign(name: str | Path, **options: Any) -> os.stat_result:
        found = real(name, **options)
        return found if Path(name).name != "net.py" else os.stat_result((*found[:4], found.st_uid + 1, found.st_gid + 1, *found[6:]))

    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "stat", foreign)
    monkeypatch.setattr(os, "chown", lambda name, *owner: owners.append(owner))
    save(path, "old", "new")
    assert owners == [(real(path).st_uid + 1, real(path).st_gid + 1)]

    def deny(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", deny)
    with pytest.raises(SourceError, match="belongs to someone else"):
        save(path, "new", "newer")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["net.py"]


def test_a_folder_that_takes_no_new_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written in place: half a file would be worse."""
    path = tmp_path / "net.py"
    path.write_bytes(b"old")

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", deny)
    with pytest.raises(SourceError, match="its folder takes no new file: Permission denied"):
        save(path, "old", "new")
    assert path.read_bytes() == b"old"


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    """Not that of a temporary one, which nobody else may read."""
    (tmp_path / "usual").touch()
    write_atomic(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("data", [b"x = 1\n", "# größe\n".encode(), b"# coding: latin-1\nx = '\xe9'\n"])
def test_a_text_gives_the_bytes_it_came_from(data: bytes) -> None:
    """By the encoding it declares itself."""
    assert as_bytes(decode(data).text) == data


def test_sites_are_half_open() -> None:
    """The site of a range covers exactly that range."""
    assert LineIndex("ab\ncd").site("x", 1, 4) == Site("x", 1, 2, 2, 2)
