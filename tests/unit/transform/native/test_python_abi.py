"""What `python_abi.h` declares is what Python's own headers say, as far as its oldest version goes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from testkit.native import NATIVE

HEADER = (NATIVE / "python_abi.h").read_text()
TYPES, FUNCTIONS = re.split(r"^#define METH_VARARGS 1$", HEADER, flags=re.MULTILINE)
FUNCTIONS = FUNCTIONS.rsplit("#endif", 1)[0]
NAMES = sorted(set(re.findall(r"\b_?Py\w+(?=\()|\bPy\w+_Type\b|_Py_NoneStruct|PyExc_\w+", FUNCTIONS)))
PYTHON = "#define Py_LIMITED_API 0x030B0000\n#include <Python.h>\n#include <stddef.h>\n"
RENAMED = (
    "PyObject PyTypeObject PyCFunction PyMethodDef PyModuleDef PyModuleDef_Base PyModuleDef_Slot PyType_Slot"
    " PyType_Spec PyGetSetDef Py_buffer"
).split()
FIELDS = {
    "PyObject": "ob_refcnt=refcnt ob_type=type",
    "PyMethodDef": "ml_name=name ml_meth=function ml_flags=flags ml_doc=doc",
    "PyModuleDef_Base": "ob_base=head m_init=init m_index=index m_copy=copy",
    "PyModuleDef_Slot": "slot=slot value=value",
    "PyType_Slot": "slot=slot pfunc=value",
    "PyType_Spec": "name=name basicsize=basicsize itemsize=itemsize flags=flags slots=slots",
    "PyGetSetDef": "name=name get=get set=set doc=doc closure=closure",
    "Py_buffer": (
        "buf=items obj=object len=len itemsize=itemsize readonly=readonly ndim=ndim format=format"
        " shape=shape strides=strides suboffsets=suboffsets internal=internal"
    ),
    "PyModuleDef": (
        "m_base=base m_name=name m_doc=doc m_size=size m_methods=methods m_slots=slots"
        " m_traverse=traverse m_clear=clear m_free=free"
    ),
}


def compiled(folder: Path, text: str) -> str:
    """What the compiler has to say."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    include = Path(sysconfig.get_path("include"))
    if compiler is None:
        pytest.skip("no C compiler")
    if not (include / "Python.h").exists():
        pytest.skip("Python's headers are not installed")
    source = folder / "both.c"
    source.write_text(text)
    command = [compiler, "-std=c11", "-fsyntax-only", f"-I{include}", str(source)]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stderr if result.returncode else ""


def test_functions_are_declared_as_python_does(tmp_path: Path) -> None:
    """A declaration that differs from one before it is an error; so is a name Python has not declared."""
    assert len(NAMES) == FUNCTIONS.count(";") + 8, "two of these declare several names"
    known = "".join(f"const void *const known_{name} = (const void *)&{name};\n" for name in NAMES)
    numbers = re.findall(r"^#define (\w+) (\(1UL << 7\)|\w+)$", HEADER, flags=re.MULTILINE)
    assert len(numbers) == 16
    same = "".join(f'_Static_assert({name} == {number}, "{name}");\n' for name, number in numbers)
    checks = f"{same}{known}{FUNCTIONS}"
    assert compiled(tmp_path, PYTHON + checks) == ""


def test_structures_are_laid_out_as_pythons(tmp_path: Path) -> None:
    """Of the same size, each field at the same place."""
    renamed = "".join(f"#define {name} our_{name}\n" for name in RENAMED)
    back = "".join(f"#undef {name}\n" for name in RENAMED)
    pairs = []
    for name, fields in FIELDS.items():
        pairs.append((f"sizeof({name})", f"sizeof(our_{name})"))
        for theirs, ours in (pair.split("=") for pair in fields.split()):
            pairs.append((f"offsetof({name}, {theirs})", f"offsetof(our_{name}, {ours})"))
    checks = "".join(f'_Static_assert({theirs} == {ours}, "{ours}");\n' for theirs, ours in pairs)
    assert compiled(tmp_path, f"{PYTHON}{renamed}{TYPES}#endif\n{back}{checks}") == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("void Py_IncRef(", "int Py_IncRef("), ("PyList_Size(PyObject *)", "PyList_Size(PyObject *, int)")],
)
def test_a_wrong_declaration_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in FUNCTIONS
    assert "conflicting types" in compiled(tmp_path, PYTHON + FUNCTIONS.replace(right, wrong))
