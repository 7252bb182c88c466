"""No private word of the list is used as a name, or in prose as a term."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.house.private_words import (
    WORDS,
    Found,
    Piece,
    Word,
    everything,
    found_in_functions,
    found_in_module,
    found_in_names,
    found_in_paths,
    found_in_text,
    identifiers,
    nodes,
    without_places_of_others,
    words_in,
)


@pytest.fixture(scope="module")
def in_use(
    modules: Mapping[Path, ast.Module], modules_of_tests: Mapping[Path, ast.Module]
) -> list[Found]:
    """The private words that are in use."""
    return everything(modules, modules_of_tests)


def words(examples: str) -> list[object]:
    """Each example of a word, with the word, to be a test's parameters."""
    return [
        pytest.param(word, example, id=f"{word.label}: {example}")
        for word in WORDS
        for example in getattr(word, examples)
    ]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.label)
def test_no_private_word_is_in_use(word: Word, in_use: list[Found]) -> None:
    found = [f"{it.path}:{it.line}: {it.text}" for it in in_use if it.word == word.label]
    assert not found, "\n".join([f"{len(found)} times; rather: {word.instead}", *found])


@pytest.mark.parametrize(("word", "sentence"), words("wrong"))
def test_a_private_word_is_found_in_a_sentence(word: Word, sentence: str) -> None:
    found = found_in_text("made_up.md", Piece(1, sentence))
    assert word.label in {item.word for item in found}


@pytest.mark.parametrize(("word", "sentence"), words("ordinary"))
def test_ordinary_english_is_fine(word: Word, sentence: str) -> None:
    assert list(found_in_text("made_up.md", Piece(1, sentence))) == []


@pytest.mark.parametrize(("word", "name"), words("names"))
def test_a_private_word_is_found_in_every_kind_of_name(word: Word, name: str) -> None:
    source = (
        f"def is_{name}(): ...\n"
        f"class Some{name.title()}: ...\n"
        f"N_{name.upper()} = 1\n"
        f"f({name}=1)\n"
        f"f.{name}\n"
        f"f['{name}-share']\n"
        f"import some.{name}.thing as it\n"
        f"lambda _{name}: f'{{{name}}}'\n"
    )
    found = list(found_in_names("made_up.py", identifiers(nodes(ast.parse(source)))))
    assert {item.word for item in found} == {word.label}
    assert {item.line for item in found} == {1, 2, 3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize(("word", "name"), words("types"))
def test_a_private_word_is_found_in_the_name_of_a_class(word: Word, name: str) -> None:
    assert words_in(f"Some{name}") == words_in(f"_{name}") == [word]
    assert words_in(f"some_{name.lower()}") == []


@pytest.mark.parametrize(
    "name", ["example", "untrusted", "cutoff", "Answer", "paperless", "essay", "resources", "TopK"]
)
def test_a_name_that_only_contains_the_letters_is_fine(name: str) -> None:
    assert words_in(name) == []


def test_each_kind_of_text_in_a_module_is_looked_at() -> None:
    source = (
        '"""How many people\n'
        'were asked."""\n'
        "#   How many people\n"
        "#   were asked.\n"
        'message = f"people {who} asked", f"Asked {9} people."\n'
    )
    found = found_in_module("made_up.py", ast.parse(source), source)
    assert sorted((item.line, item.kind) for item in found) == [(n, "prose") for n in (2, 4, 5)]


def test_code_in_a_page_is_looked_at() -> None:
    page = 'Text.\n\n```python\nshop.tune(trust=1)  # of what people say\nf("fading")\n```\n'
    found = {(item.line, item.text) for item in found_in_text("made_up.md", Piece(1, page))}
    assert {(4, "trust"), (5, "fading")} <= found


def test_files_and_functions_of_tests_are_looked_at() -> None:
    tree = ast.parse(
        "class TestIt:\n    def test_people_are_asked(self): ...\n"
        "def test_no_shell_is_asked(): ...\n"
        "def trust(): ...\n"
        "asked = 1\n"
    )
    assert [item.line for item in found_in_functions("test.py", tree)] == [4, 2]
    assert [item.text for item in found_in_paths([Path("docs/exam-two.md")])] == ["exam-two.md"]


def test_former_names_may_be_declared_and_told_of() -> None:
    source = (
        "class Popular:\n"
        "    former_names = ('evening', 'crowd')\n"
        "FORMER_SETTINGS: dict[str, str] = {'trust': 'evidence_power'}\n"
        "setting(0.5, former_names=('fading',), help='the trust')\n"
        "state = state.renamed({'voices': 'history_weights'})\n"
        "setting(0.5, names=('fading',))\n"
    )
    found = found_in_module("made_up.py", ast.parse(source), source)
    assert {(item.line, item.text) for item in found} == {(6, "fading")}
    page = (
        "The prior (formerly `doubt`) is 10. The `doubt` is 10.\n\n"
        "| setting | former name |\n|---|---|\n| prior | `doubt` |\n\n"
        "| setting | |\n|---|---|\n| `doubt` | 10 |\n"
    )
    found = found_in_text("made_up.md", Piece(1, page))
    assert [item.line for item in found] == [1, 9]


def test_a_word_of_somebody_else_is_fine_in_its_place_alone() -> None:
    paths = ["engine/tastemaker/tuning/search.py", "engine/tastemaker/blend/curve.py"]
    found = [item for path in paths for item in found_in_names(path, [Piece(1, "n_trials")])]
    assert [item.path for item in without_places_of_others(found)] == [paths[1]]
