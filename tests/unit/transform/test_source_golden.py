"""Each language once: a short source, and exactly the symbols, references and imports it has.

Symbols are (line of the name, kind, qualified name, modifiers, visibility, doc, complexity), references
(line, role, qualifier and name), imports (line, module, name, alias, flags).
"""

from __future__ import annotations

import pytest

from snake_pipe.transform.rows.contract import TransformOptions
from snake_pipe.transform.sources.transformer import SourceTreeTransformer

PYTHON = (
    """\
import os, a.b as c
from . import x as y
from .m import *


@dec(1)
async def f(a, b: int = 3) -> List[int]:
    \"\"\"Says f.\"\"\"
    local = os.path.join(a, b)
    self.y += local
    return [q for q in a if q and b]


class A(B, metaclass=M):
    # counts
    # things
    z: int = 3

    def __init__(self): ...

    @property
    def _p(self): ...


X, Y = 1, 2
""",
    [
        (7, "function", "f", "async", "public", "Says f.", 4),
        (14, "class", "A", "", "public", None, None),
        (17, "field", "A.z", "", "public", None, None),
        (19, "method", "A.__init__", "constructor", "public", None, 1),
        (22, "method", "A._p", "getter", "protected", None, 1),
        (25, "variable", "X", "", "public", None, None),
        (25, "variable", "Y", "", "public", None, None),
    ],
    [
        (6, "decorate", "dec"),
        (7, "type", "int"),
        (7, "type", "List"),
        (7, "type", "int"),
        (9, "write", "local"),
        (9, "read", "os"),
        (9, "read", "os path"),
        (9, "call", "os.path join"),
        (9, "read", "a"),
        (9, "read", "b"),
        (10, "read", "self"),
        (10, "write", "self y"),
        (10, "read", "local"),
        (11, "read", "q"),
        (11, "write", "q"),
        (11, "read", "a"),
        (11, "read", "q"),
        (11, "read", "b"),
        (14, "inherit", "B"),
        (14, "read", "M"),
        (17, "type", "int"),
        (21, "decorate", "property"),
    ],
    [
        (1, "os", None, None, ""),
        (1, "a.b", None, "c", ""),
        (2, ".", "x", "y", "relative "),
        (3, ".m", None, None, "relative wildcard"),
    ],
)


JAVASCRIPT = (
    """\
import D, { a as b } from "./m";
import * as ns from "x";
export * from "z";
const { p, q: r } = require("fs");

/** Says A. */
export default class A extends B.C {
  static #n = 1;
  constructor(x) { super(); this.x = x; }
  get g() { return this.#n ?? ns.k; }
}
export const f = async (u, { v }) => { const w = u && v; return w; };
Foo.prototype.bar = function () {};
const o = { k: () => 1, l() {} };
""",
    [
        (4, "variable", "p", "const", None, None, None),
        (4, "variable", "r", "const", None, None, None),
        (7, "class", "A", "default", None, "Says A.", None),
        (8, "field", "A.#n", "static", "private", None, None),
        (9, "method", "A.constructor", "constructor", "public", None, 1),
        (10, "method", "A.g", "getter", "public", None, 2),
        (12, "function", "f", "const", None, None, 2),
        (13, "method", "Foo.prototype.bar", "", None, None, 1),
        (14, "variable", "o", "const", None, None, None),
        (14, "method", "o.k", "", None, None, 1),
        (14, "method", "o.l", "", None, None, 1),
    ],
    [
        (4, "call", "require"),
        (7, "read", "B"),
        (7, "inherit", "B C"),
        (9, "write", "this x"),
        (9, "read", "x"),
        (10, "read", "this #n"),
        (10, "read", "ns"),
        (10, "read", "ns k"),
        (12, "write", "w"),
        (12, "read", "u"),
        (12, "read", "v"),
        (12, "read", "w"),
        (13, "read", "Foo"),
        (13, "read", "Foo prototype"),
    ],
    [
        (1, "./m", "default", "D", "relative "),
        (1, "./m", "a", "b", "relative "),
        (2, "x", None, "ns", "wildcard"),
        (3, "z", None, None, "wildcard"),
        (4, "fs", "p", None, ""),
        (4, "fs", "q", "r", ""),
    ],
)


TYPESCRIPT = (
    """\
import type { U } from "u";
import r = require("q");
export interface J extends K<L> { p?: string; m(a: number): void }
type M = Foo<Bar>;
enum E { A, B = 2 }
namespace N.O { export const c = 1; }
abstract class Q<T> implements I {
  constructor(private readonly y: D.E) {}
  protected abstract h(): void;
}
""",
    [
        (3, "interface", "J", "", None, None, None),
        (3, "field", "J.p", "", None, None, None),
        (3, "method", "J.m", "declaration", None, None, 1),
        (4, "type_alias", "M", "", None, None, None),
        (5, "enum", "E", "", None, None, None),
        (5, "field", "E.A", "", None, None, None),
        (5, "field", "E.B", "", None, None, None),
        (6, "module", "N.O", "", None, None, None),
        (6, "variable", "N.O.c", "const", None, None, None),
        (7, "class", "Q", "abstract", None, None, None),
        (8, "method", "Q.constructor", "constructor", "public", None, 1),
        (8, "field", "Q.y", "readonly", "private", None, None),
        (9, "method", "Q.h", "abstract", "protected", None, 1),
    ],
    [
        (3, "inherit", "K"),
        (3, "type", "L"),
        (4, "type", "Foo"),
        (4, "type", "Bar"),
        (7, "inherit", "I"),
        (8, "read", "D"),
        (8, "type", "D E"),
    ],
    [
        (1, "u", "U", None, ""),
        (2, "q", None, "r", ""),
    ],
)


TSX = (
    """\
export function App(props: P): JSX.Element {
  return <Box title={props.t}><b /></Box>;
}
""",
    [
        (1, "function", "App", "", None, None, 1),
    ],
    [
        (1, "type", "P"),
        (1, "read", "JSX"),
        (1, "type", "JSX Element"),
        (2, "call", "Box"),
        (2, "read", "props"),
        (2, "read", "props t"),
        (2, "call", "b"),
    ],
    [],
)


JAVA = (
    """\
package a.b;
import java.util.List;
import static x.Y.*;
/** Says A. */
@Ann
public abstract class A<T extends B> extends C<D> implements I {
  private static final int X = 1, y;
  public A(int p) { this.q = p; }
  protected <R> R m(List<R> s) throws E { return p.q.r(s) && t ? new F() : null; }
  enum En { U, V }
  interface In { int K = 1; void d(); }
}
""",
    [
        (1, "module", "a.b", "", None, None, None),
        (6, "class", "A", "abstract", "public", "Says A.", None),
        (7, "field", "A.X", "final static", "private", None, None),
        (7, "field", "A.y", "final static", "private", None, None),
        (8, "method", "A.A", "constructor", "public", None, 1),
        (9, "method", "A.m", "", "protected", None, 3),
        (10, "enum", "A.En", "", "internal", None, None),
        (10, "field", "A.En.U", "", "public", None, None),
        (10, "field", "A.En.V", "", "public", None, None),
        (11, "interface", "A.In", "", "internal", None, None),
        (11, "field", "A.In.K", "const", "public", None, None),
        (11, "method", "A.In.d", "", "public", None, 1),
    ],
    [
        (5, "decorate", "Ann"),
        (6, "type", "B"),
        (6, "inherit", "C"),
        (6, "type", "D"),
        (6, "inherit", "I"),
        (8, "write", "this q"),
        (8, "read", "p"),
        (9, "type", "R"),
        (9, "type", "List"),
        (9, "type", "R"),
        (9, "type", "E"),
        (9, "read", "p"),
        (9, "read", "p q"),
        (9, "call", "p.q r"),
        (9, "read", "s"),
        (9, "read", "t"),
        (9, "call", "F"),
    ],
    [
        (2, "java.util", "List", None, ""),
        (3, "x.Y", None, None, "wildcard"),
    ],
)


GO = (
    """\
package main
import (
  f "fmt"
  . "os"
)
const (
  A = iota
  b
)
// S is said.
type S struct { A, c int; Emb }
type I interface { M(a int) error }
type Al = pkg.T
// M does it.
func (s *S) M(a int) (r error) { x := s.f.g(a); if x { s.c++ }; return pkg.Fn(x) }
""",
    [
        (1, "module", "main", "", None, None, None),
        (7, "variable", "A", "const", "public", None, None),
        (8, "variable", "b", "const", "internal", None, None),
        (11, "class", "S", "", "public", "S is said.", None),
        (11, "field", "S.A", "", "public", None, None),
        (11, "field", "S.c", "", "internal", None, None),
        (12, "interface", "I", "", "public", None, None),
        (12, "method", "I.M", "", "public", None, 1),
        (13, "type_alias", "Al", "", "public", None, None),
        (15, "method", "S.M", "", "public", "M does it.", 2),
    ],
    [
        (11, "type", "int"),
        (11, "type", "Emb"),
        (12, "type", "int"),
        (12, "type", "error"),
        (13, "read", "pkg"),
        (13, "type", "pkg T"),
        (15, "type", "S"),
        (15, "type", "int"),
        (15, "type", "error"),
        (15, "write", "x"),
        (15, "read", "s"),
        (15, "read", "s f"),
        (15, "call", "s.f g"),
        (15, "read", "a"),
        (15, "read", "x"),
        (15, "read", "s"),
        (15, "write", "s c"),
        (15, "read", "pkg"),
        (15, "call", "pkg Fn"),
        (15, "read", "x"),
    ],
    [
        (3, "fmt", None, "f", ""),
        (4, "os", None, None, "wildcard"),
    ],
)


RUST = (
    """\
use std::{io, fmt::{self as f, Display}};
use super::x::*;
/// Says S.
#[derive(A)]
pub struct S<T: Tr> { pub a: u8, b: Vec<T> }
pub(crate) enum E { A, B(u8) }
impl<T> Display for m::S<T> {
    const K: u8 = 1;
    pub async fn f(&self, x: u8) -> E { let y = g(x); self.a = y; mac!(y); E::B(y) }
}
trait T2: Sup { fn req(&self); }
mod m { static ST: u8 = 1; }
macro_rules! mm { () => {} }
""",
    [
        (5, "class", "S", "", "public", "Says S.", None),
        (5, "field", "S.a", "", "public", None, None),
        (5, "field", "S.b", "", "private", None, None),
        (6, "enum", "E", "", "internal", None, None),
        (6, "field", "E.A", "", None, None, None),
        (6, "field", "E.B", "", None, None, None),
        (8, "field", "m.S.K", "const", "private", None, None),
        (9, "method", "m.S.f", "async", "public", None, 1),
        (11, "interface", "T2", "", "private", None, None),
        (11, "method", "T2.req", "declaration", None, None, 1),
        (12, "module", "m", "", "private", None, None),
        (12, "variable", "m.ST", "static", "private", None, None),
        (13, "macro", "mm", "", "private", None, None),
    ],
    [
        (4, "decorate", "derive"),
        (4, "decorate", "A"),
        (5, "type", "Tr"),
        (5, "type", "Vec"),
        (5, "type", "T"),
        (7, "inherit", "Display"),
        (7, "read", "m"),
        (7, "type", "m S"),
        (7, "type", "T"),
        (9, "type", "E"),
        (9, "write", "y"),
        (9, "call", "g"),
        (9, "read", "x"),
        (9, "write", "self a"),
        (9, "read", "y"),
        (9, "call", "mac"),
        (9, "read", "y"),
        (9, "read", "E"),
        (9, "call", "E B"),
        (9, "read", "y"),
        (11, "inherit", "Sup"),
    ],
    [
        (1, "std", "io", None, ""),
        (1, "std::fmt", None, "f", ""),
        (1, "std::fmt", "Display", None, ""),
        (2, "super::x", None, None, "relative wildcard"),
    ],
)


C = (
    """\
#include <a.h>
#include "b.h"
#define X 1
#define F(a) a
typedef struct s { int a, *b; int (*fp)(int); } s_t;
enum e { A, B = 1 };
static const int v = 1, *w;
/* Says f. */
extern int *f(int a);
int main(int argc, char **argv) { int loc = f(1); p->a.b = loc; return argc && loc ? X : 0; }
""",
    [
        (3, "macro", "X", "", None, None, None),
        (4, "macro", "F", "", None, None, None),
        (5, "type_alias", "s_t", "", None, None, None),
        (5, "class", "s", "", None, None, None),
        (5, "field", "s.a", "", None, None, None),
        (5, "field", "s.b", "", None, None, None),
        (5, "field", "s.fp", "", None, None, None),
        (6, "enum", "e", "", None, None, None),
        (6, "field", "e.A", "", None, None, None),
        (6, "field", "e.B", "", None, None, None),
        (7, "variable", "v", "const static", "internal", None, None),
        (7, "variable", "w", "const static", "internal", None, None),
        (9, "function", "f", "declaration extern", "public", "Says f.", 1),
        (10, "function", "main", "", "public", None, 3),
    ],
    [
        (10, "write", "loc"),
        (10, "call", "f"),
        (10, "read", "p"),
        (10, "read", "p a"),
        (10, "write", "p->a b"),
        (10, "read", "loc"),
        (10, "read", "argc"),
        (10, "read", "loc"),
        (10, "read", "X"),
    ],
    [
        (1, "a.h", None, None, ""),
        (2, "b.h", None, None, "relative "),
    ],
)


CPP = (
    """\
using namespace std;
namespace n::m {
// Says A.
class A : public B {
  int y_;
 public:
  A(int x) : y_(x) {}
  virtual ~A() = default;
  template <class U> void t(U u) { u.go(); }
  enum class E { P };
};
}
int n::A::f() const { return g<int>(y_); }
using T = x::Y<int>;
""",
    [
        (2, "module", "n.m", "", None, None, None),
        (4, "class", "n.m.A", "", None, "Says A.", None),
        (5, "field", "n.m.A.y_", "", "private", None, None),
        (7, "method", "n.m.A.A", "constructor", "public", None, 1),
        (8, "method", "n.m.A.~A", "virtual", "public", None, 1),
        (9, "method", "n.m.A.t", "template", "public", None, 1),
        (10, "enum", "n.m.A.E", "", "private", None, None),
        (10, "field", "n.m.A.E.P", "", "private", None, None),
        (13, "method", "n.A.f", "", None, None, 1),
        (14, "type_alias", "T", "", None, None, None),
    ],
    [
        (4, "inherit", "B"),
        (7, "write", "y_"),
        (7, "read", "x"),
        (9, "type", "U"),
        (9, "read", "u"),
        (9, "call", "u go"),
        (13, "read", "n"),
        (13, "read", "A"),
        (13, "call", "g"),
        (13, "read", "y_"),
        (14, "read", "x"),
        (14, "type", "x Y"),
    ],
    [
        (1, "std", None, None, "wildcard"),
    ],
)


C_SHARP = (
    """\
using System;
using X = C.D;
namespace N.M {
  /// Says A.
  [Attr]
  public abstract class A<T> : B, I<T> {
    private static readonly int x = 1, y;
    public int P { get; set; }
    public A(int p) : base(p) { this.x = q.r.S(p); }
    async Task<int> M(U u) { int loc = u; void L() {} return new Foo(); }
  }
  enum E { P }
}
""",
    [
        (3, "module", "N.M", "", None, None, None),
        (6, "class", "N.M.A", "abstract", "public", "Says A.", None),
        (7, "field", "N.M.A.x", "readonly static", "private", None, None),
        (7, "field", "N.M.A.y", "readonly static", "private", None, None),
        (8, "field", "N.M.A.P", "property", "public", None, None),
        (9, "method", "N.M.A.A", "constructor", "public", None, 1),
        (10, "method", "N.M.A.M", "async", "private", None, 1),
        (10, "function", "N.M.A.M.L", "", "internal", None, 1),
        (12, "enum", "N.M.E", "", "internal", None, None),
        (12, "field", "N.M.E.P", "", "public", None, None),
    ],
    [
        (5, "decorate", "Attr"),
        (6, "inherit", "B"),
        (6, "inherit", "I"),
        (6, "type", "T"),
        (9, "read", "p"),
        (9, "write", "x"),
        (9, "read", "q"),
        (9, "read", "q r"),
        (9, "call", "q.r S"),
        (9, "read", "p"),
        (10, "type", "Task"),
        (10, "type", "U"),
        (10, "write", "loc"),
        (10, "read", "u"),
        (10, "call", "Foo"),
    ],
    [
        (1, "System", None, None, "wildcard"),
        (2, "C.D", None, "X", ""),
    ],
)


RUBY = (
    """\
require "a"
require_relative "b/c"
# Says N.
module M::N
  class A < B::C
    X = 1
    def initialize(a, b = 1) = @x = a
    def self.s; end
    private
    def f; y = foo.bar(1) if X; end
  end
end
""",
    [
        (4, "module", "M.N", "", None, "Says N.", None),
        (5, "class", "M.N.A", "", None, None, None),
        (6, "field", "M.N.A.X", "", None, None, None),
        (7, "method", "M.N.A.initialize", "constructor", "public", None, 1),
        (8, "method", "M.N.A.s", "static", "public", None, 1),
        (10, "method", "M.N.A.f", "", "private", None, 2),
    ],
    [
        (1, "call", "require"),
        (2, "call", "require_relative"),
        (4, "read", "M"),
        (5, "read", "B"),
        (5, "inherit", "B C"),
        (7, "write", "@x"),
        (7, "read", "a"),
        (9, "read", "private"),
        (10, "write", "y"),
        (10, "read", "foo"),
        (10, "call", "foo bar"),
        (10, "read", "X"),
    ],
    [
        (1, "a", None, None, ""),
        (2, "b/c", None, None, "relative "),
    ],
)


PHP = (
    """\
<?php
namespace A\\B;
use C\\D as E;
use F\\{G, H};
require_once __DIR__ . "/x.php";
const Q = 1;
/** Says S. */
abstract class S extends T implements U {
  use W;
  const X = 1;
  public static ?int $y = 1;
  public function __construct(private int $pr) { $this->y = self::foo($pr); new D(1); }
}
enum En: string { case P = 'p'; }
function fn1($x) { return $x ? g($x) : A\\h(); }
$top = 1;
""",
    [
        (2, "module", "A.B", "", None, None, None),
        (6, "variable", "Q", "const", None, None, None),
        (8, "class", "S", "abstract", None, "Says S.", None),
        (10, "field", "S.X", "const", "public", None, None),
        (11, "field", "S.y", "", "public", None, None),
        (12, "method", "S.__construct", "constructor", "public", None, 1),
        (12, "field", "S.pr", "", "private", None, None),
        (14, "enum", "En", "", None, None, None),
        (14, "field", "En.P", "", "public", None, None),
        (15, "function", "fn1", "", None, None, 2),
        (16, "variable", "top", "", None, None, None),
    ],
    [
        (8, "inherit", "T"),
        (8, "inherit", "U"),
        (9, "inherit", "W"),
        (12, "read", "this"),
        (12, "write", "$this y"),
        (12, "call", "self foo"),
        (12, "read", "pr"),
        (12, "call", "D"),
        (15, "read", "x"),
        (15, "call", "g"),
        (15, "read", "x"),
        (15, "call", "A h"),
    ],
    [
        (3, "C", "D", "E", ""),
        (4, "F", "G", None, ""),
        (4, "F", "H", None, ""),
        (5, '__DIR__ . "/x.php"', None, None, "relative "),
    ],
)


BASH = (
    """\
source ./a.sh
. /b.sh
export Y=2
# Says f.
f() { local a=$1; g "$a" | h; }
""",
    [
        (3, "variable", "Y", "export", None, None, None),
        (5, "function", "f", "", None, "Says f.", 1),
    ],
    [
        (1, "call", "source"),
        (2, "call", "."),
        (5, "write", "a"),
        (5, "read", "1"),
        (5, "call", "g"),
        (5, "read", "a"),
        (5, "call", "h"),
    ],
    [
        (1, "./a.sh", None, None, "relative "),
        (2, "/b.sh", None, None, ""),
    ],
)


GOLDEN = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": TSX,
    "java": JAVA,
    "go": GO,
    "rust": RUST,
    "c": C,
    "cpp": CPP,
    "c-sharp": C_SHARP,
    "ruby": RUBY,
    "php": PHP,
    "bash": BASH,
}


def transform(language, source, anonymous=False):
    transformer = SourceTreeTransformer(language, TransformOptions(anonymous=anonymous))
    facts = transformer.add(7, "a", source.encode())
    out = transformer.drain()
    assert facts.status == "ok", facts.problems
    return {table: batch.to_pylist() for table, batch in out.tables.items()}


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_symbols(language, anonymous):
    source, symbols, _, _ = GOLDEN[language]
    assert [
        (
            row["name_line"],
            row["kind"],
            row["qualified_name"],
            " ".join(row["modifiers"] or []),
            row["visibility"],
            row["doc"],
            row["complexity"],
        )
        for row in transform(language, source, anonymous)["symbols"]
    ] == symbols


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_refs(language, anonymous):
    source, _, refs, _ = GOLDEN[language]
    assert [
        (row["start_line"], row["role"], " ".join(filter(None, (row["qualifier"], row["name"]))))
        for row in transform(language, source, anonymous)["refs"]
    ] == refs


@pytest.mark.parametrize("anonymous", [False, True])
@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_imports(language, anonymous):
    source, _, _, imports = GOLDEN[language]
    assert [
        (
            row["start_line"],
            row["module"],
            row["name"],
            row["alias"],
            ("relative " if row["is_relative"] else "") + ("wildcard" if row["is_wildcard"] else ""),
        )
        for row in transform(language, source, anonymous)["imports"]
    ] == imports


@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_names_of_symbols_are_names_of_their_nodes(language):
    tables = transform(language, GOLDEN[language][0])
    names = {row["node_id"]: row["name"] for row in tables["nodes"]}
    ids = [row["node_id"] for row in tables["symbols"]]
    assert len(ids) == len(set(ids))
    assert [names[row["node_id"]] for row in tables["symbols"]] == [row["name"] for row in tables["symbols"]]
    parents = {row["parent_node_id"] for row in tables["symbols"]} - {None}
    assert parents <= set(ids)
    assert {row["enclosing_node_id"] for row in tables["refs"]} - {None} <= set(ids)


@pytest.mark.parametrize("language", sorted(GOLDEN))
def test_no_definition_is_a_reference(language):
    tables = transform(language, GOLDEN[language][0])
    defined = {(row["name_line"], row["name_col"]) for row in tables["symbols"]}
    assert not defined & {(row["start_line"], row["start_col"]) for row in tables["refs"]}
