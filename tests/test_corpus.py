"""The words of a project: found in the text, in the index, and in what is being edited alike."""

from __future__ import annotations

import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from initlint.contexts.corpus import SCANS, Corpus
from initlint.contexts.mentions import ProjectText
from initlint.paths.consulted import Consulted
from initlint.source import SourceFile
from initlint.text.edits import digest

TEXTS = {
    "a.py": "class Base(nn.Module):\n    pass\n",
    "b.py": "from a import Base\n\nclass Mid(Base, metaclass=Meta): pass\nclass Other(Basement): pass\n",
    "c.py": "import b\nif True:\n    class Leaf(\n        b.Mid,\n    ):\n        pass\n# a class Fake(Mid): in a comment\n",
    "d.py": "# größer: class Näher(Leaf) in a comment\nclass Näher(Leaf):\n    pass\n",
    "e.py": "# -*- coding: latin-1 -*-\nname = 'caf\xe9 Base'\n",
    "f.py": "",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "setup.py").write_text("")
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="latin-1" if name == "e.py" else "utf-8")
    return tmp_path


def project(*sources: SourceFile) -> Any:
    """What a search wants to know of a project: the files that are analysed, and where to write down what was asked."""
    return SimpleNamespace(files={Path(source.path): source for source in sources}, consulted=Consulted())


def naming(texts: ProjectText, folder: Path, word: str, around: Any) -> list[str]:
    return [path.name for path, text in texts.naming(folder / "a.py", word, around) if word in text]


def test_the_index_finds_what_the_text_holds(tmp_path: Path) -> None:
    """The same files for parts of words, whole words and words of other alphabets, before an index is made and with it."""
    shuffled = random.Random(0)
    words = [f"{start}{number}{end}" for start in ("Net", "net_", "größe", "x") for number in range(9) for end in ("", "Head", "_init")]
    files = []
    for number in range(30):
        files.append(tmp_path / f"{number}.py")
        files[-1].write_text("".join(shuffled.choice(words) + shuffled.choice(" (.,\n\"'-=") for _ in range(40)), encoding="utf-8")
    texts = [file.read_text(encoding="utf-8") for file in files]
    corpus = Corpus(files)
    asked = [word[first:] for word in words for first in (0, 1) if word.isascii()]
    assert len(asked) > 2 * SCANS
    for word in asked:
        assert list(corpus.holding(word)) == [number for number, text in enumerate(texts) if word in text], word
    assert list(corpus.holding("größe1")) == list(range(30))  # which may be spelled in more than one way
    assert [corpus.text(number) for number in range(30)] == texts


def test_an_index_needs_no_text(folder: Path) -> None:
    """What is not looked up again is not kept: a word that came up later is not found, the digest is that of the first reading."""
    corpus = Corpus(sorted(folder.glob("?.py")))
    for number in range(SCANS + 1):
        corpus.holding(f"word{number}")
    before = (folder / "a.py").read_bytes()
    (folder / "a.py").write_text("Later\n")
    assert list(corpus.holding("Later")) == []
    assert list(corpus.holding("Base")) == [0, 1, 4]
    assert corpus.text(0) == "Later\n"
    assert corpus.digests[0] == digest(before)
    (folder / "a.py").unlink()
    assert corpus.text(0) == ""


@pytest.mark.parametrize("scans", [1, SCANS + 1])
def test_subclasses_near_and_far(folder: Path, scans: int) -> None:
    """Through files, in nested and broken statements, in any alphabet; not by half a name, nor in a comment."""
    texts, around = ProjectText(), project()
    for number in range(scans):
        assert naming(texts, folder, f"word{number}", around) == []
    assert texts.subclasses(folder / "a.py", "Base", around) == {"Mid", "Leaf", "Näher"}
    assert {path.name: names for path, names in around.consulted.heirs[folder / "a.py", "Mid"].items()} == {"c.py": ["Leaf"]}


def test_what_is_being_edited_counts_as_it_is_now(folder: Path) -> None:
    """Neither its old classes nor its old words do."""
    edited = SourceFile(str(folder / "b.py"), b"from a import Base\n\nclass Fresh(Base):\n    pass\n")
    texts, around = ProjectText(), project(edited)
    assert texts.subclasses(folder / "a.py", "Base", around) == {"Fresh"}
    assert naming(texts, folder, "Fresh", around) == ["b.py"]
    assert naming(texts, folder, "Mid", around) == ["c.py"]


def test_a_file_that_is_not_listed_is_searched_first(folder: Path) -> None:
    """As that of an editor, which may lie where no walk comes."""
    (folder / "build").mkdir()
    own = folder / "build" / "own.py"
    own.write_text("class Own(Base): pass\n")
    texts, around = ProjectText(), project()
    texts.listings[folder / "build"] = texts.around(folder / "a.py")
    found = [path.name for path, _ in texts.naming(own, "Base", around)]
    assert found == ["own.py", "a.py", "b.py", "e.py"]
    assert texts.subclasses(own, "Base", around) == {"Mid", "Leaf", "Näher", "Own"}


def test_images_in_notebooks_are_no_words(tmp_path: Path) -> None:
    """Their cells are searched."""
    image = "".join(random.Random(1).choices("abcdefXYZ0123456789+/", k=4000))
    book = tmp_path / "a.ipynb"
    book.write_text('{"cells": [{"source": ["class Net(Base):"], "outputs": [{"image/png": "' + image + 'Net9\\n"}]}]}')
    corpus = Corpus([book])
    assert list(corpus.holding("Net")) == [0]
    assert list(corpus.holding("Net9")) == []
    assert image not in corpus.text(0)
    assert corpus.digests == [digest(book.read_bytes())]
