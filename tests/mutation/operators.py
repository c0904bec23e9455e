"""Which small faults a Solidity source can have. Pure: text in, mutants out.

Solidity and inline assembly have rules of their own. Comments, strings, imports and everything before the first contract or
library are left alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]
Edit = tuple[int, int, str]

# What it says, what it may say instead.
SOLIDITY: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?<![<=>])<(?![<=])", ("<=", ">=")),
    (r"(?<!<)<=", ("<", ">")),
    (r"(?<![>=\-])>(?![>=])", (">=", "<=")),
    (r"(?<!>)>=", (">", "<")),
    (r"==", ("!=",)),
    (r"!=", ("==",)),
    (r"!(?!=)", ("",)),
    (r"~", ("",)),
    (r"&&", ("||",)),
    (r"\|\|", ("&&",)),
    (r"(?<!&)&(?!&)", ("|",)),
    (r"(?<!\|)\|(?!\|)", ("&",)),
    (r"<<", (">>",)),
    (r">>", ("<<",)),
    (r"(?<!\+)\+(?![+=])", ("-",)),
    (r"(?<!-)-(?![-=>])", ("+",)),
    (r"(?<!\*)\*(?!\*)", ("/",)),
    (r"\*\*", ("*",)),
    (r"/", ("*",)),
    (r"%", ("*",)),
    (r"\+=", ("-=",)),
    (r"-=", ("+=",)),
    (r"\+\+", ("--",)),
    (r"--", ("++",)),
    (r"\bcontinue;", ("break;",)),
    (r"\bbreak;", ("continue;",)),
    (r"\bblock\.(?:timestamp|chainid)\b", ("({} + 1)",)),
    (r"\bmsg\.sender\b", ("tx.origin",)),
    (r"\bonlyOwner\b", ("",)),
    (r"(?<=[;{}])\s*(?:emit |delete )[^;{}]*;", ("",)),
    # A call or an assignment as a statement; a declaration has a word before its name.
    (
        r"(?<=[;{})])\s*(?!return|revert|emit|delete|else|if|for|while|do|unchecked)[\w.\[\]]+\([^;{}]*\);",
        ("",),
    ),
    (r"(?<=[;{}])\s*(?:[\w.\[\]]+|\([\w., \[\]]+\)) [-+]?= [^;{}]*;", ("",)),
)
YUL: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\b(?:mstore|sstore|log[0-4]|pop|calldatacopy|extcodecopy|returndatacopy)\(.*\)[ \t]*(?=\n|\})", ("",)),
    (r"(?<=[\n{])[ \t]*\w+ :=\s[^\n{}]*", ("",)),
    (r"\bbreak\b", ("", "continue")),
    (r"\bcontinue\b", ("", "break")),
    (r"\btimestamp\(\)", ("add({}, 1)",)),
)
# A call in assembly, and what stands in its place: {0} and {1} are its arguments.
CALLS: dict[str, tuple[str, ...]] = {
    "add": ("sub({0}, {1})",),
    "sub": ("add({0}, {1})",),
    "mul": ("div({0}, {1})",),
    "div": ("mul({0}, {1})",),
    "and": ("or({0}, {1})",),
    "or": ("and({0}, {1})",),
    "xor": ("eq({0}, {1})",),
    "not": ("{0}",),
    "shl": ("shr({0}, {1})",),
    "shr": ("shl({0}, {1})",),
    "sar": ("shr({0}, {1})",),
    "signextend": ("{1}",),
    "lt": ("gt({0}, {1})", "iszero(gt({0}, {1}))"),
    "gt": ("lt({0}, {1})", "iszero(lt({0}, {1}))"),
    "slt": ("sgt({0}, {1})", "iszero(sgt({0}, {1}))"),
    "sgt": ("slt({0}, {1})", "iszero(slt({0}, {1}))"),
    "eq": ("iszero(eq({0}, {1}))",),
    "iszero": ("{0}",),
}
NUMBER = re.compile(r"(?<![\w.])(?<!\{\} )(?:0x[0-9a-fA-F]+|\d[\d_]*)(?![\w.])")
BLANK = re.compile(r'//[^\n]*|/\*.*?\*/|"[^"\n]*"|\bimport [^;]*;|\bpragma [^;]*;|\bhex"[^"]*"', re.S)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One contract with one fault: ``source[start:end]`` is replaced by ``new``."""

    path: str
    source: str
    start: int
    end: int
    new: str

    @property
    def line(self) -> int:
        return self.source.count("\n", 0, self.start) + 1

    @property
    def text(self) -> str:
        return self.source[: self.start] + self.new + self.source[self.end :]

    @property
    def was(self) -> str:
        """The lines that it changes, as one."""
        first, last = self._lines()
        return " ".join(self.source[first:last].split())

    @property
    def becomes(self) -> str:
        first, last = self._lines()
        return " ".join((self.source[first : self.start] + self.new + self.source[self.end : last]).split())

    def _lines(self) -> Span:
        return self.source.rfind("\n", 0, self.start) + 1, self.source.find("\n", self.end - 1)


def mutants(path: str, source: str) -> list[Mutant]:
    """Every mutant of a source, by place."""
    code = _code(source)
    start = re.search(r"^(?:abstract contract|contract|library) ", code, re.M)
    if start is None:
        return []
    edits = {e for e in _edits(code) if e[0] > start.end() and code[e[0] : e[1]] != e[2]}
    return [Mutant(path, source, *edit) for edit in sorted(edits)]


def assemblies(source: str) -> Iterator[Span]:
    """First and last line of each block of assembly."""
    for start, end in _assemblies(_code(source)):
        yield source.count("\n", 0, start) + 1, source.count("\n", 0, end) + 1


def _code(source: str) -> str:
    """The source with blanks for comments, strings and imports; every offset stays."""
    return BLANK.sub(lambda m: re.sub(r"\S", " ", m.group()), source)


def _assemblies(code: str) -> list[Span]:
    return [_block(code, m.end() - 1) for m in re.finditer(r"\bassembly (?:\([^)]*\) )?\{", code)]


def _edits(code: str) -> Iterator[Edit]:
    inside = _inside(_assemblies(code))
    for edit in _simple(code, SOLIDITY):
        if not inside(edit[0]) and not inside(edit[1] - 1):
            yield edit
    yield from (e for e in _conditions(code, r"\b(?:if|while) (?=\()", ("true", "false")) if not inside(e[0]))
    for edit in (*_simple(code, YUL), *_calls(code), *_conditions(code, r"\bif (?=[\w(])", ("1", "0"))):
        if inside(edit[0]):
            yield edit
    for m in NUMBER.finditer(code):
        yield m.start(), m.end(), _plus_one(m.group())


def _simple(code: str, rules: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[Edit]:
    for pattern, news in rules:
        for m in re.finditer(pattern, code):
            start = m.end() - len(m.group().lstrip())
            yield from ((start, m.end(), new.replace("{}", m.group())) for new in news)


def _calls(code: str) -> Iterator[Edit]:
    for m in re.finditer(rf"\b({'|'.join(CALLS)})\(", code):
        _, end = _block(code, m.end() - 1)
        arguments = _arguments(code[m.end() : end - 1])
        yield from ((m.start(), end, form.format(*arguments)) for form in CALLS[m.group(1)])


def _conditions(code: str, pattern: str, news: tuple[str, ...]) -> Iterator[Edit]:
    """Conditions that always or never hold. One that always holds in `while` would run for ever."""
    for m in re.finditer(pattern, code):
        start, end = (
            _block(code, m.end()) if code[m.end()] == "(" else (m.end() - 1, code.index(" {", m.end()) + 1)
        )
        for new in news[1:] if m.group().startswith("while") else news:
            yield start + 1, end - 1, new


def _block(code: str, start: int) -> Span:
    """From the bracket at ``start`` to just past its partner."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in "({[") - (code[at] in ")}]")
        if depth == 0:
            return start, at + 1
    raise ValueError(start)


def _arguments(text: str) -> list[str]:
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "({[") - (letter in ")}]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _inside(blocks: list[Span]) -> Callable[[int], bool]:
    return lambda at: any(start <= at < end for start, end in blocks)


def _plus_one(number: str) -> str:
    """The next number, in as many hexadecimal digits: of 0xff.. it is 0x00..."""
    if not number.startswith("0x"):
        return str(int(number.replace("_", "")) + 1)
    digits = len(number) - 2
    return f"0x{(int(number, 16) + 1) % 16**digits:0{digits}x}"
