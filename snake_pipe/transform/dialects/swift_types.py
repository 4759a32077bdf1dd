"""The name of a type in Swift's mangled names, as `$s4shop4TillCD` or `s:SH`; of generic ones the outermost.

`S` and a letter stand for the types of the standard library, `s` for its module, a number for a word of that
length. What is anything but a plain type (functions, tuples, parameters of generics) has no name.
"""

from __future__ import annotations

import re

_STANDARD = dict(
    pair.split(":")
    for pair in (
        "A:AutoreleasingUnsafeMutablePointer a:Array b:Bool D:Dictionary d:Double f:Float h:Set "
        "I:DefaultIndices i:Int J:Character N:ClosedRange n:Range O:ObjectIdentifier P:UnsafePointer "
        "p:UnsafeMutablePointer R:UnsafeBufferPointer r:UnsafeMutableBufferPointer S:String s:Substring "
        "u:UInt V:UnsafeRawPointer v:UnsafeMutableRawPointer W:UnsafeRawBufferPointer "
        "w:UnsafeMutableRawBufferPointer q:Optional B:BinaryFloatingPoint E:Encodable e:Decodable "
        "F:FloatingPoint G:RandomNumberGenerator H:Hashable j:Numeric K:BidirectionalCollection "
        "k:RandomAccessCollection L:Comparable l:Collection M:MutableCollection m:RangeReplaceableCollection "
        "Q:Equatable T:Sequence t:IteratorProtocol U:UnsignedInteger X:RangeExpression x:Strideable "
        "Y:RawRepresentable y:StringProtocol Z:SignedInteger z:BinaryInteger"
    ).split()
)
_MANGLED = re.compile(r"(?:\$s|s:)(?:S([A-RT-Za-z]|S(?![gao]))|(s|\d.*))", re.DOTALL)
_WORD = re.compile(r"(\d{1,3})")
_NOMINALS = ("C", "V", "O", "P", "a", "_p")
"""What follows the words of a class, structure, enumeration, protocol or alias."""


def nominal(mangled: str | None) -> tuple[str | None, str | None]:
    """A type's name, and what it is nested in (no module); neither where it has no plain name."""
    found = _MANGLED.match(mangled) if mangled is not None else None
    if found is None or mangled is None:
        return None, None
    if found[1]:
        return _STANDARD.get(found[1]), None
    at = found.start(2) + (mangled[found.start(2)] == "s")
    names: list[str] = []
    is_module = mangled[found.start(2)] != "s"
    while (digits := _WORD.match(mangled, at)) is not None:
        start = digits.end()
        at = start + int(digits[1])
        word = mangled[start:at]
        if is_module:
            is_module = False
            continue
        if not mangled.startswith(_NOMINALS, at):
            break
        names.append(word)
        at += 1
    return (names[-1], ".".join(names[:-1]) or None) if names else (None, None)
