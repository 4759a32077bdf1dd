"""What is behind the differences that `benchmarks.accuracy` finds: samples of each class were looked at.

`-word` is a class that the judge alone has, `+word` one that the tables alone have; `-` and `+` stand for all
classes of that side without a sentence of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.agreement import Class

ROADS = "the source's rows"
_LOST = "ctags' parser lost its way above"
_PARTS = "ctags takes what follows for a name"
_TREE_SITTER = "the grammar reads it otherwise"
_DYNAMIC = "the name is computed, so none is noted"

_ESTREE = {
    "-": "`a = (function () {})`: trees have no parentheses, so a is a function there",
    "+function (VariableDeclarator)": "`a = (function () {})`: the other side of it",
    "+": 'quoted keys (`"a b": function () {}`): no names in sources',
}
_EXPLAINED: dict[tuple[str, str], dict[str, str]] = {
    ("bash", "ctags"): {"-": "functions of awk programs in strings, and arrays `a=(...)`: ctags errs"},
    ("c", "ctags"): {
        "-prototype": f"a macro's use before a semicolon; {_TREE_SITTER}",
        "-variable": f"`LIB int (f)(...)` with a macro before it; {_TREE_SITTER}",
        "-": f"macros in declarations: {_TREE_SITTER}",
        "+": "what `#if 0`, or the other branch of an `#if`, leaves out for ctags",
    },
    ("c-sharp", "ctags"): {
        "-method": "operators have no name here; calls that ctags takes for definitions",
        "-class": "constraints `where T : class`: ctags errs",
        "-": 'local variables and texts: ctags errs after `?`, `$"` and generic types',
        "+": f'{_LOST}: nullable types, `$"..."`, attributes',
    },
    ("cpp", "ctags"): {
        "-": f"macros in declarations: {_TREE_SITTER}",
        "+": f"{_LOST}: macros, local and specialised types",
    },
    ("elixir", "ctags"): {"-": "examples in documentation strings: ctags errs", "+": "names in variables"},
    ("elixir", "tags.scm"): {
        "-reference.call": "names of attributes (`@doc`), of types and of heads of functions: no calls here",
        "+": "`defimpl`, callbacks, and definitions with computed names",
    },
    ("go", "ctags"): {
        "-const": "the blank identifier `_`, which defines nothing",
        "+": "several names in one declaration, fields of nameless structs: ctags errs",
    },
    ("go", "tags.scm"): {"-reference.call": "`(T)(0)`, which the query takes for a call"},
    ("haskell", "ctags"): {
        "-module": "ctags cuts `A.B` to `A`",
        "-": "words such as `deriving` and `return`, and what is in comments: ctags errs",
        "+": "ctags sees only what begins in the first column, loses its way at comments, cuts `A.B` to `A`",
    },
    ("java", "ctags"): {
        "-": "values in annotations: ctags errs",
        "+method (method_declaration)": "methods of nameless classes, of which ctags says nothing",
        "+": f"records, modules, nameless classes: {_LOST}",
    },
    ("julia", "ctags"): {
        "-constant": "`const ≅ = ...`: an operator has no name here",
        "-field": "ctags counts the line of the field behind it",
        "-": "`Array{T}` is named `Array` here; methods of other modules by their last part",
        "+field (identifier)": "ctags counts the line of the field behind it",
        "+": "short forms `f(x) = ...` with qualified or parametric names",
    },
    ("kotlin", "ctags"): {
        "-method": "names in backquotes with quotes in them: ctags errs",
        "-object": "`companion object` without a name, which ctags calls `Companion`",
        "-constant": "local values in lambdas and initializers",
        "-variable": "local variables in lambdas and initializers",
        "-class": f"a class behind an annotation with arguments: {_TREE_SITTER}",
        "+": f"{_LOST}: names in backquotes, `value class`, `A & B`",
    },
    ("lua", "ctags"): {
        "-function": 'functions under keys in brackets (`["a:b"] = function`): no names here',
        "+": "functions in tables of tables, of which ctags says nothing",
    },
    ("make", "ctags"): {
        "-macro": f"assignments behind a tab in an `if`: {_TREE_SITTER} (a recipe)",
        "-target": f"`$(...)` in targets: {_DYNAMIC}",
        "+": "`?=`, `+=` and special targets, which ctags leaves out",
    },
    ("markdown", "ctags"): {
        "-": "`#` in blocks of code and HTML; ctags errs",
        "+": "headings behind blocks of code, and underlined ones: ctags errs",
    },
    ("objc", "ctags"): {
        "-": "parameters and types of blocks: ctags errs",
        "+": f"{_LOST}: class extensions `@interface A ()`, constants, what follows them",
    },
    ("ocaml", "tags.scm"): {
        "-definition.enum_variant": "tags of polymorphic variants (`` `A ``) belong to no type",
        "-definition.type": "`type t += A` adds to a type and defines A",
        "-reference.call": "`x |> f` and `f @@ x`: reads of f here",
        "+": "constructors and operators in parentheses that are called",
    },
    ("perl", "ctags"): {
        "-constant": "`use constant {A => 1, ...}`: only the form with one name is read",
        "-package": "a package in a text",
        "+": "`async sub`, which ctags does not know",
    },
    ("php", "ctags"): {"-variable": "local variables of closures"},
    ("php", "tags.scm"): {
        "-reference.call": "`$f()` is a call of `f` here, and of `$f` there",
        "+": "calls of variables, by their names without `$`",
    },
    ("powershell", "ctags"): {"-": "functions in here-strings: ctags errs", "+": f"{_LOST}: here-strings"},
    ("python", "ctags"): {
        "-function": "lambdas in local variables",
        "-": "local names",
        "+": "further names of `a = b = 1` and `a, b = 1, 2`, what stands in `if` and `try`: ctags errs",
    },
    ("python", "ast"): {
        "-call": f"in annotations, types here; behind `(` and `*`, and `type(a).b = 1`: {_TREE_SITTER}",
        "-method call": f"`(a.b)()` and `f(a, *b.c())`: {_TREE_SITTER}",
    },
    ("ruby", "ctags"): {
        "-alias": "`alias_method` is a call here; ctags drops `?` and `=` of names",
        "-singletonMethod": "ctags takes the object for the name",
        "-": "ctags errs",
        "+": "`def a.b`, aliases with `?` or `=`, operators, methods in blocks: ctags errs",
    },
    ("rust", "ctags"): {
        "-variable": "`&'static str`: ctags takes the type for a variable",
        "+": f"{_LOST}: raw strings and byte strings",
    },
    ("rust", "tags.scm"): {"+": "`a.b::<T>()`, which the query leaves out"},
    ("scala", "tags.scm"): {
        "-reference.call": "a call whose result is called",
        "+": "operators as names, which the query leaves out",
    },
    ("c-sharp", "tags.scm"): {"+": "what the query leaves out"},
    ("dart", "tags.scm"): {
        "-definition.method": "the class before the name of a constructor (`A.b()`), of which b is the name",
        "-definition.type": "`typedef A = Map<...>`: the query takes each type for a name",
        "+": "getters and constructors without a body, which the query leaves out",
    },
    ("solidity", "tags.scm"): {"+": "free functions, libraries and interfaces, which the query leaves out"},
    ("swift", "tags.scm"): {
        "-definition.method": "parameters of subscripts, which the query takes for names",
        "+": "initializers and subscripts with generic types, operators, enum cases",
    },
    ("sql", "ctags"): {
        "-": "words in statements: ctags errs",
        "+": "sequences, of which ctags says nothing",
    },
    ("clang, c", ROADS): {
        "-": "the branch of an `#if` that the preprocessor left out",
        "-call (call_expression)": "macros that look like calls",
        "+": "what a macro made",
    },
    ("babel, javascript", ROADS): _ESTREE,
    ("meriyah, javascript", ROADS): _ESTREE,
    ("typescript-estree, typescript", ROADS): {
        "+field (TSPropertySignature)": "quoted keys and numbers: no names in sources",
        "+module (TSModuleDeclaration)": "`declare global`: no name in sources",
        "+call (TSNonNullExpression)": f"`a || !b!(c)`: {_TREE_SITTER}",
    },
    ("javascript", "typescript"): {
        "-function in a property": 'quoted keys (`"a": function () {}`): no names here',
        "+call (call_expression)": f"`await (a ? b : c)(d)`: {_TREE_SITTER}",
    },
    ("typescript", "typescript"): {
        "-PropertySignature": "quoted keys and numbers: no names here",
        "-ModuleDeclaration": '`declare module "a"`: a quoted name is none here',
        "-call": f"`a || !b!(c)`: {_TREE_SITTER}",
    },
}
"""(language, judge) → class → why."""


def explanation(language: str, judge: str, class_: Class) -> str:
    """The sentence for a class of differences; `?` for one that nobody has looked at."""
    told = _EXPLAINED.get((language, judge), {})
    side = "-" if class_.missing else "+"
    return told.get(side + class_.word) or told.get(side, "?")
