"""The rules of one `.gitignore` file, exactly as git reads them.

A rule is matched against an entry itself, never against what lies below it, since the walker does not
enter an ignored folder; matching descendants too gets `*`, `!*/`, `!*.py` wrong. Like git, it works on bytes.
All rules of a file become two regular expressions, one for names and one for paths, so that a file of
two hundred rules costs about as much as one of two. Each star but the last takes the shortest way for good,
in an atomic group: no rule, however hostile, makes the match backtrack without end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snake_pipe.extract.paths.name_filter import NameFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST_RULE = 4096

_LITERAL = re.compile(rb"[^*?\[\\]*")
_STARS_IN_NAME = re.compile(rb"[^/]\*\*/")

_POSIX_CLASSES = {
    b"alnum": rb"a-zA-Z0-9",
    b"alpha": rb"a-zA-Z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb" \t\n\r\f\v",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9a-fA-F",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line, the `order`-th: what it matches, and whether that is ignored or brought back.

    `pattern` has neither the `!` nor the slashes around it.
    """

    order: int
    pattern: bytes
    expression: bytes
    ignores: bool
    by_name: bool
    text: bytes


class IgnoreRules:
    """The rules of one file; the last one that matches decides."""

    def __init__(self, text: bytes) -> None:
        rules = [rule for order, line in enumerate(_lines(text)) if (rule := _parse(order, line))]
        self.can_ignore = any(rule.ignores for rule in rules)
        self.count = len(rules)
        self._by_name = _Alternatives([rule for rule in rules if rule.by_name])
        self._by_path = _Alternatives([rule for rule in rules if not rule.by_name])
        self._filters: dict[bytes | None, NameFilter] = {}  # by the folder in which they count; None for any
        self._beginnings: set[bytes] = set()
        for rule in rules:
            self._filter_by(rule)

    def _filter_by(self, rule: Rule) -> None:
        start = rule.pattern.rfind(b"/") + 1
        folder, name = rule.pattern[:start], rule.pattern[start:]
        literal = _LITERAL.match(rule.pattern)
        in_set = b"[" in folder and b"]" in name  # the slash may be one of a set of characters
        in_name = _STARS_IN_NAME.search(folder) is not None  # or belong to stars that stand for nothing
        if in_set or in_name or (b"**" in name and not rule.by_name):  # or whatever folders lie between
            self._beginnings.add(literal[0] if literal else b"")
        else:
            place = folder if not rule.by_name and literal and len(literal[0]) >= start else None
            self._filters.setdefault(place, NameFilter()).add(name)

    def may_match(self, folder: bytes, names: Sequence[bytes]) -> bool:
        """Whether there may be a rule about some files of a folder, or about one folder in it.

        `folder` is relative to that of the `.gitignore`; it and the `names` of folders end with `/`.
        """
        if any(folder.startswith(begin) or begin.startswith(folder) for begin in self._beginnings):
            return True
        bare = names if not names[0].endswith(b"/") else [name[:-1] for name in names]
        return any(
            place in self._filters and self._filters[place].may_match(bare) for place in (None, folder)
        )

    def last_match(self, path: bytes, name: bytes) -> Rule | None:
        """The rule that decides, if any speaks.

        `path` is relative to the folder of the `.gitignore`; a folder's `path` and `name` end with `/`.
        """
        first = self._by_name.last_match(name)
        second = self._by_path.last_match(path)
        if first is None or second is None:
            return first or second
        return first if first.order > second.order else second


class _Alternatives:
    """Rules as one expression, the last rule first, each in a group of its own; made when it is asked."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules[::-1]

    def last_match(self, subject: bytes) -> Rule | None:
        found = self._match(subject) if self._rules else None
        return self._rules[found.lastindex - 1] if found and found.lastindex else None

    @cached_property
    def _match(self) -> Callable[[bytes], re.Match[bytes] | None]:
        source = b"|".join(b"(%s)" % rule.expression for rule in self._rules)
        return re.compile(b"(?s:%s)" % source).fullmatch


def _lines(text: bytes) -> list[bytes]:
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [line.removesuffix(b"\r") for line in lines]


def _parse(order: int, line: bytes) -> Rule | None:
    """The rule on a line; None for blank lines, comments and what can never match."""
    if line.startswith(b"#") or len(line) > _LONGEST_RULE:
        return None
    text = pattern = _without_trailing_spaces(line)
    ignores = not pattern.startswith(b"!")
    pattern = pattern if ignores else pattern[1:]
    only_folders = pattern.endswith(b"/")
    pattern = pattern.removesuffix(b"/")
    if pattern.endswith(b"/"):  # no path has two slashes at its end
        return None
    by_name = b"/" not in pattern
    pattern = pattern.removeprefix(b"/")
    translate = _translate_component if by_name else _translate
    expression = translate(pattern) if pattern else None
    if expression is None:
        return None
    expression += b"(?<!/)" + (b"/" if only_folders else b"/?")  # what is below a folder is not the folder
    return Rule(order, pattern, expression, ignores, by_name, text)


def _without_trailing_spaces(line: bytes) -> bytes:
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if backslashes % 2 and bare != line else bare


def _translate(pattern: bytes) -> bytes | None:
    """The expression for a pattern on paths, or None where git's own matcher would never match it.

    Git compares what stands before the first wildcard literally and matches the rest as a pattern of its
    own: so `**` means folders where it is a whole component, and also right after a literal beginning, as in
    `a**/b`.
    """
    beginning = _LITERAL.match(pattern)
    literal = beginning[0] if beginning else b""
    groups: list[list[bytes]] = [[]]
    for part in _split(pattern[len(literal) :]):
        expression = _translate_component(part)
        if expression is None:
            return None
        if part == b"**":
            groups.append([])
        else:
            groups[-1].append(expression)
    first, *others = [b"/".join(group) for group in groups]
    out = re.escape(literal) + first
    if not others:
        return out
    *middle, last = others
    out += (b"/" if first else b"") + b"".join(b"(?>(?:[^/]*/)*?%s/)" % group for group in middle)
    if last:
        return out + b"(?:.*/)?" + last
    in_name = literal and not literal.endswith(b"/") and not first and not middle
    return out + (b".*" if in_name else b".+")


def _split(pattern: bytes) -> list[bytes]:
    """Components between slashes; two stars or more are one `**`, and runs of `**/` are one.

    A slash in a character class is one of its members (which never match), not the end of a component.
    """
    components = []
    start = at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        at += 1
        if char == b"\\":
            at += 1
        elif char == b"[":
            parsed = _character_class(pattern, at)
            at = parsed[1] if parsed else len(pattern)
        elif char == b"/":
            components.append(pattern[start : at - 1])
            start = at
    components.append(pattern[start:])
    parts: list[bytes] = []
    for component in components:
        part = b"**" if len(component) > 1 and not component.strip(b"*") else component
        if part != b"**" or not parts or parts[-1] != b"**":
            parts.append(part)
    return parts


def _translate_component(part: bytes) -> bytes | None:
    """A component without slashes; each star takes the shortest way to what follows it, for good."""
    chunks: list[bytes] = [b""]
    at = 0
    while at < len(part):
        char = part[at : at + 1]
        at += 1
        if char == b"*":
            if chunks[-1] or len(chunks) == 1:
                chunks.append(b"")
        elif char == b"?":
            chunks[-1] += b"[^/]"
        elif char == b"[":
            parsed = _character_class(part, at)
            if parsed is None:
                return None
            expression, at = parsed
            chunks[-1] += expression
        else:
            if char == b"\\":
                char = part[at : at + 1]
                at += 1
                if not char:
                    return None
            chunks[-1] += re.escape(char)
    if len(chunks) == 1:
        return chunks[0]
    head, *middle, tail = chunks
    return head + b"".join(b"(?>[^/]*?%s)" % chunk for chunk in middle) + b"[^/]*" + tail


def _character_class(part: bytes, at: int) -> tuple[bytes, int] | None:
    """The class that opens before `at`, and where it ends; None if it is never closed or empty of sense."""
    negated = part[at : at + 1] in (b"!", b"^")
    at += negated
    members = b""
    first = True
    while True:
        char = part[at : at + 1]
        if not char:
            return None
        if char == b"]" and not first:
            break
        first = False
        if part.startswith(b"[:", at):
            end = part.find(b":]", at + 2)
            if end >= 0:
                known = _POSIX_CLASSES.get(part[at + 2 : end])
                if known is None:
                    return None
                members += known
                at = end + 2
                continue
        low, at = _class_member(part, at)
        if not low:
            return None
        if part[at : at + 1] == b"-" and part[at + 1 : at + 2] not in (b"", b"]"):
            high, at = _class_member(part, at + 1)
            if not high:
                return None
            members += b"\\x%02x-\\x%02x" % (low[0], high[0]) if low <= high else b"\\x%02x" % low[0]
        else:
            members += b"\\x%02x" % low[0]
    if not members:
        return (b"[^/]" if negated else b"(?!)"), at + 1
    return (b"[^/%s]" % members if negated else b"(?!/)[%s]" % members), at + 1


def _class_member(part: bytes, at: int) -> tuple[bytes, int]:
    if part[at : at + 1] == b"\\":
        at += 1
    return part[at : at + 1], at + 1
