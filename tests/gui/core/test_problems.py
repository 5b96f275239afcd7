from __future__ import annotations

import errno

import pytest

from cae_gui.core.problems import explain
from model.face_set import DataError


def sentence(error: BaseException) -> str:
    return explain(error).text


def test_the_engines_sentences_are_taken_as_they_are() -> None:
    for kind in (ValueError, RuntimeError, DataError):
        assert sentence(kind("“a.pth” is damaged.")) == "“a.pth” is damaged."


def test_anything_else_is_called_unexpected_and_named() -> None:
    text = sentence(KeyError("weights"))
    assert "unexpected" in text
    assert "KeyError" in text
    assert "weights" in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.ENOENT, "doesn't exist any more"),
        (errno.EIO, "can't be used: what the system says"),
    ],
)
def test_errors_of_the_system_say_what_to_do(number: int, part: str) -> None:
    text = sentence(OSError(number, "what the system says", "face.png"))
    assert part in text
    assert text.endswith(".")


def test_an_error_of_the_system_names_the_file() -> None:
    assert "“face.png”" in sentence(OSError(errno.EACCES, "denied", "face.png"))
    assert sentence(OSError(errno.EACCES, "denied")).startswith("The file")


def test_too_little_memory() -> None:
    assert "memory" in sentence(MemoryError())


def test_details_hold_the_traceback_and_the_experts_words() -> None:
    try:
        raise DataError("LFW can't be read.", "scikit-learn said: checksum")
    except DataError as error:
        details = explain(error).details
    assert details.startswith("scikit-learn said: checksum\n")
    assert "test_problems.py" in details
    assert "DataError" in details


def test_causes_are_in_the_details() -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("Outer.") from error
    except ValueError as error:
        assert "inner" in explain(error).details
