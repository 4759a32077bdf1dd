"""What a dialect's tables say of types, learned as these are met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snake_pipe.transform.dialects.generic import generic
from snake_pipe.transform.rows.builder import KIND_CODES, Words
from snake_pipe.transform.trees.walk.vocabulary import Vocabulary


def test_a_type_whose_table_fails_is_learned_again() -> None:
    """It was known from then on, with no kind and no rules."""
    failures = [MemoryError()]

    def kind_of(type_: str) -> str:
        if failures:
            raise failures.pop()
        return "class"

    vocabulary = Vocabulary(replace(generic("type", "loc"), kinds={}, fallback_kind=kind_of), Words())
    with pytest.raises(MemoryError):
        vocabulary.codes(["A"])
    codes = vocabulary.codes(["B", "A"])
    assert vocabulary.kinds(codes).tolist() == [KIND_CODES["class"]] * 2
    assert vocabulary.name_keys["A"] == "name"
