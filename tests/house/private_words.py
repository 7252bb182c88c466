"""No private word is left where the field has a standard term; `words.toml` lists them all."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")

FORMER = re.compile(
    r"\bformerly\b|\bformer (names?|settings?)\b|\bformer_|\brenamed\b|\bused to be called\b", re.I
)
"""Old names may be told of, in a sentence or a table row with one of these."""

SENTENCE_ENDS = re.compile(r"((?<=[.!?])\s+|\n\s*\n|\n(?=\s*[-*|#]))")
TABLES_OF_FORMER_NAMES = re.compile(
    rf"^\|[^\n]*(?:{FORMER.pattern})[^\n]*\n\|[ :|-]+\n(?:\|[^\n]*\n?)*", re.M | re.I
)
NAMES_IN_TEXT = re.compile(
    r"""
      ``?(?P<quoted>[^`\n]+)``?                       # `name`, `f(name)`, `package.name`
    | (?P<snake>\b\w*_\w*\b)                          # some_name
    | (?P<camel>\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b)      # SomeName
    | (?P<keyword>\b[a-z]\w*(?==\S))                  # name=value
    | (?P<option>(?<=--)[a-z][\w-]+)                  # --name
    | ^[ \t]+(?P<arguments>\w+(?:,[ ]\w+)*):(?=\s)    # name: what it is, in a docstring
    """,
    re.MULTILINE | re.VERBOSE,
)
CODE_IN_PAGES = re.compile(r"^```(?:python|pycon|toml|json)\b[^\n]*\n(.*?)^```", re.M | re.S)


def pattern(expressions: Iterable[str]) -> re.Pattern[str]:
    """It finds any of several, none of none; a space in one stands for any white space."""
    any_of = "|".join(f"(?:{expression})" for expression in expressions) or r"(?!)"
    return re.compile(any_of.replace(" ", r"\s+"), re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Word:
    """A word, or some of one meaning, that is refused; see `words.toml`."""

    instead: str
    wrong: list[str]
    ordinary: list[str]
    prose: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the word is called in messages."""
        return "/".join((*self.names, *self.types)[:2])

    @cached_property
    def terms(self) -> re.Pattern[str]:
        """It finds the word as a term in text."""
        return pattern(self.prose)

    @cached_property
    def ordinary_english(self) -> re.Pattern[str]:
        """It finds what is let through."""
        return pattern(self.fine)


class Found(NamedTuple):
    """A place where a private word is in use."""

    path: str
    line: int
    kind: str
    word: str
    text: str
    instead: str


class Piece(NamedTuple):
    """An identifier, or a stretch of prose, and the line where it begins."""

    line: int
    text: str


def read_words() -> list[Word]:
    """The list."""
    with (Path(__file__).parent / "words.toml").open("rb") as file:
        entries: list[dict[str, Any]] = tomllib.load(file)["word"]
    return [Word(**entry) for entry in entries]


WORDS = read_words()
BY_NAME = {name: word for word in WORDS for name in word.names}
BY_TYPE = {name: word for word in WORDS for name in word.types}


@cache
def words_in(identifier: str) -> list[Word]:
    """The words that are a part of an identifier, in snake_case, CamelCase or kebab-case."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    found = [BY_NAME.get(part.lower()) or BY_TYPE.get(part) for part in parts]
    return [word for word in dict.fromkeys(found) if word]


def blanked(text: str, found: re.Pattern[str]) -> str:
    """The text with blanks for what is found; all the rest stays where it is."""
    return found.sub(lambda match: re.sub(r"\S", " ", match[0]), text)


def without_former_names(text: str) -> str:
    """The text with blanks for the sentences, and the tables, that tell of former names."""
    if not FORMER.search(text):
        return text
    parts = SENTENCE_ENDS.split(blanked(text, TABLES_OF_FORMER_NAMES))
    return "".join(re.sub(r"\S", " ", part) if FORMER.search(part) else part for part in parts)


def line_at(piece: Piece, offset: int) -> int:
    """The line of a place in a piece."""
    return piece.line + piece.text.count("\n", 0, offset)


def excerpt(text: str, start: int, end: int) -> str:
    """A place in a text with a little of what is around it, in one line."""
    return " ".join(text[max(0, start - 40) : end + 30].split())


def names_in_text(text: str) -> Iterator[tuple[int, str]]:
    """What looks like a part of a program in a text, and where it begins."""
    for match in NAMES_IN_TEXT.finditer(text):
        for name in re.finditer(r"\w+", match[match.lastgroup or 0]):
            yield match.start(match.lastgroup or 0) + name.start(), name[0]
    for block in CODE_IN_PAGES.finditer(text):
        for name in re.finditer(
            r"\w+", re.sub(r"#[^\n]*", lambda note: " " * len(note[0]), block[1])
        ):
            yield block.start(1) + name.start(), name[0]


def found_in_text(path: str, piece: Piece) -> Iterator[Found]:
    """The words in a piece of prose: as terms, and in names."""
    text = without_former_names(piece.text)
    for start, name in names_in_text(text):
        for word in words_in(name):
            if not blanked(text, word.ordinary_english)[start].isspace():
                line = line_at(piece, start)
                yield Found(path, line, "name", word.label, name, word.instead)
    for word in WORDS:
        if word.terms.search(text):
            for match in word.terms.finditer(blanked(text, word.ordinary_english)):
                context = excerpt(text, match.start(), match.end())
                line = line_at(piece, match.end())
                yield Found(path, line, "prose", word.label, context, word.instead)


def found_in_names(path: str, names: Iterable[Piece]) -> Iterator[Found]:
    """The words in identifiers."""
    for line, name in names:
        for word in words_in(name):
            yield Found(path, line, "name", word.label, name, word.instead)


def declares_former_names(node: ast.AST) -> bool:
    """Whether it is named `former_names` or the like, or hands them to `renamed`."""
    match node:
        case ast.Assign(targets=[target, *_]) | ast.AnnAssign(target=target):
            return "former" in ast.unparse(target).lower()
        case ast.keyword(arg=str(name)):
            return "former" in name
        case ast.Call(func=ast.Attribute(attr="renamed")):
            return True
    return False


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Everything in a syntax tree but the declarations of former names, parents first."""
    left = [tree]
    while left:
        node = left.pop()
        if not declares_former_names(node):
            yield node
            left += ast.iter_child_nodes(node)


def identifiers(every: Iterable[ast.AST]) -> Iterator[Piece]:
    """Every identifier of a module, and every string that looks like one."""
    for node in every:
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and re.fullmatch(r"[A-Za-z_][\w-]*", node.value):
                yield Piece(line, node.value)
            continue
        for _, value in ast.iter_fields(node):
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str):
                    yield Piece(line, name)


def strings(every: Iterable[ast.AST]) -> Iterator[Piece]:
    """Every docstring and other text of a module; {} stands for what is put into one."""
    parts: set[ast.AST] = set()
    for node in every:
        match node:
            case ast.JoinedStr(values=values):
                parts.update(values)
                texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in values]
                yield Piece(node.lineno, "".join(map(str, texts)))
            case ast.Constant(value=str(text)) if node not in parts:
                yield Piece(node.lineno, text)


def comments(source: str) -> Iterator[Piece]:
    """The comments of a module; those in a row are one piece."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    for _, group in groupby(enumerate(lines), key=lambda entry: entry[1][0] - entry[0]):
        block = [line for _, line in group]
        yield Piece(block[0][0], "\n".join(text.lstrip("#") for _, text in block))


def found_in_module(path: str, tree: ast.AST, source: str) -> Iterator[Found]:
    """The words in the names, the texts and the comments of a module."""
    every = list(nodes(tree))
    yield from found_in_names(path, identifiers(every))
    for piece in (*strings(every), *comments(source)):
        yield from found_in_text(path, piece)


def found_in_functions(path: str, tree: ast.AST) -> Iterator[Found]:
    """The words in the names of a module's functions; that of a test is a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            if node.name.startswith("test_"):
                sentence = node.name.removeprefix("test_").replace("_", " ")
                yield from found_in_text(path, Piece(node.lineno, sentence))
            else:
                yield from found_in_names(path, [Piece(node.lineno, node.name)])


def found_in_paths(paths: Iterable[Path]) -> Iterator[Found]:
    """The words in the names of files and folders."""
    for path in paths:
        yield from found_in_names(str(path), [Piece(0, part) for part in path.parts])


def pages() -> list[Path]:
    """The pages that are written for people, from the repository's root."""
    names = [ROOT / name for name in PAGES if (ROOT / name).exists()]
    return [path.relative_to(ROOT) for path in (*names, *sorted((ROOT / "docs").rglob("*.md")))]


def without_places_of_others(found: Iterable[Found]) -> list[Found]:
    """What was found, each line once for a word, but where a word is somebody else's."""
    by_label = {word.label: word for word in WORDS}
    places = {
        (item.path, item.line, item.word): item
        for item in found
        if not item.path.startswith(tuple(by_label[item.word].places))
    }
    return sorted(places.values())


def everything(modules: Mapping[Path, ast.Module], tests: Mapping[Path, ast.Module]) -> list[Found]:
    """The private words in the sources, the pages, and the names of the tests."""
    found: list[Found] = [*found_in_paths([*modules, *tests, *pages()])]
    for path, tree in modules.items():
        found += found_in_module(str(path), tree, (ROOT / path).read_text(encoding="utf-8"))
    for path, tree in tests.items():
        found += found_in_functions(str(path), tree)
    for path in pages():
        page = Piece(1, (ROOT / path).read_text(encoding="utf-8"))
        found += found_in_text(str(path), page)
    return without_places_of_others(found)
