"""Which language a file is in: by its name, and where that leaves it open, by its first bytes.

A name is looked up in the registry. The first bytes are asked for names without an ending and for endings
that several languages share (`SHARED_ENDINGS`): a `#!` line, an editor's modeline, then what only one of the
languages would write.

A head takes 20 µs: expressions about lines begin with the line feed before, for which Python looks as fast as
for any literal; the others are asked only where a word is there that they cannot do without.
"""

from __future__ import annotations

import re

from snake_pipe.transform.languages.registry import LANGUAGES

_BY_FILE = {name: language.name for language in LANGUAGES.values() for name in language.files}
_BY_ENDING = {ending: language.name for language in LANGUAGES.values() for ending in language.endings}
_BY_INTERPRETER = {word: language.name for language in LANGUAGES.values() for word in language.interpreters}
_BY_MODE = _BY_INTERPRETER | {
    word: language.name for language in LANGUAGES.values() for word in (language.name, *language.modes)
}

_SHEBANG = re.compile(
    rb"\A#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(\S+)|\A#![ \t]*(?:\S*/)?(\S+)"
)
_VERSION = re.compile(r"[-.\d]+\Z")
_CPP_LINE = re.compile(
    rb"\n[ \t]*(?=[ntcupvefi#])(?:class[ \t]+\w+|namespace\b|template[ \t]*<|using[ \t]+\w"
    rb"|(?:public|private|protected)[ \t]*:|(?:virtual|explicit|constexpr|friend|inline[ \t]+namespace)\b"
    rb"|#[ \t]*include[ \t]*<(?:c?\w+)>\s*$)",
    re.MULTILINE,
)
_CPP_PHRASE = re.compile(rb"\bstd::|\boperator[ \t]*[=+<>(\[-]|\bstatic_cast<")
_CPP_WORDS = (b"std::", b"operator", b"static_cast<")
_GUARDED = re.compile(
    rb"^[ \t]*#[ \t]*if(?:def|[ \t]+defined)?[ \t(]*__cplusplus.*?^[ \t]*#[ \t]*(?:endif|else)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)


_MODELINE = re.compile(
    rb"-\*-[^\n]*?\bmode:[ \t]*([\w+#-]+)[^\n]*?-\*-|-\*-[ \t]*([\w+#-]+)[ \t]*-\*-"
    rb"|(?:^|[ \t])(?:vi|vim|ex):[^\n]*?\b(?:ft|filetype|syntax)=([\w+#-]+)",
    re.MULTILINE,
)
_MODELINE_WORDS = (b"-*-", b"ft=", b"filetype=", b"syntax=")
_MODELINE_LINES = 5
"""Editors look no further."""

_OBJC_LINE = re.compile(
    rb"\n[ \t]*(?=[@#+-])(?:@(?:interface|implementation|protocol|class|import|property|end|synthesize)\b"
    rb"|#[ \t]*import\b|[-+][ \t]*\([\w \t*<>]+\)[ \t]*\w)"
)

SHARED_ENDINGS = frozenset((".h", ".m", ".inc", ".in", ".cgi", ".fcgi"))
"""Endings that several languages share."""


def language_of_name(filename: str) -> str | None:
    """The language by a file's name (`filename` without folders); None where it is not supported."""
    exact = _BY_FILE.get(filename)
    if exact is not None:
        return exact
    return _BY_ENDING.get(filename[filename.rfind(".") :].lower())  # without a dot a mere character


def language_of_head(filename: str, head: bytes) -> str | None:
    """The language of a file by its name and its first bytes (a few KB are enough).

    Differs from `language_of_name` for shared endings and for names without ending; there the `#!` line
    and the modeline decide, and for a header what its text can't be.
    """
    by_name = language_of_name(filename)
    ending = filename[filename.rfind(".") :].lower() if "." in filename.lstrip(".") else ""
    if ending and ending not in SHARED_ENDINGS:
        return by_name
    if by_name is not None and not ending:
        return by_name
    named = _language_of_shebang(head) or _language_of_modeline(head)
    if ending == ".h":
        return named if named in {"c", "cpp", "objc"} else language_of_header(head)
    if ending == ".m":
        return named or ("objc" if _is_objc(head) else None)
    return named or by_name


def language_of_header(head: bytes) -> str:
    """`c`, `cpp` or `objc`: what a header's text, outside of comments and of what C never sees, can be."""
    text = _COMMENT.sub(b"", head)
    if b"__cplusplus" in text:
        text = _GUARDED.sub(b"", text)
    if _is_cpp(text):
        return "cpp"
    return "objc" if _is_objc(text) else "c"


def _is_cpp(text: bytes) -> bool:
    if _CPP_LINE.search(b"\n" + text) is not None:
        return True
    return any(word in text for word in _CPP_WORDS) and _CPP_PHRASE.search(text) is not None


def _is_objc(text: bytes) -> bool:
    return "objc" in LANGUAGES and _OBJC_LINE.search(b"\n" + text) is not None


def _language_of_shebang(head: bytes) -> str | None:
    found = _SHEBANG.match(head)
    if found is None:
        return None
    word = (found[1] or found[2]).rsplit(b"/", 1)[-1].decode("latin-1")
    return _BY_INTERPRETER.get(word) or _BY_INTERPRETER.get(_VERSION.sub("", word))


def _language_of_modeline(head: bytes) -> str | None:
    """What the first lines tell an editor (`vim: ft=python`, `-*- mode: ruby -*-`)."""
    text = b"\n".join(head.split(b"\n", _MODELINE_LINES)[:_MODELINE_LINES])
    found = _MODELINE.search(text) if any(word in text for word in _MODELINE_WORDS) else None
    if found is None:
        return None
    return _BY_MODE.get((found[1] or found[2] or found[3]).decode("latin-1").lower())
