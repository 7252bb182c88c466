"""How a cache is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker import ModelCache
from tastemaker.errors import InputError
from tastemaker.store.cache.model_cache import VARIABLE, cache_in_hand


def test_a_path_is_not_trusted_unless_it_says_so() -> None:
    assert cache_in_hand("here") == ModelCache("here")
    assert cache_in_hand(Path("here")) == ModelCache(Path("here"))
    assert cache_in_hand("trusted:here") == ModelCache("here", trusted=True)
    assert cache_in_hand(ModelCache("here", trusted=True)) == ModelCache("here", trusted=True)


def test_the_environment_names_one_where_the_application_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert cache_in_hand(None) is None
    monkeypatch.setenv(VARIABLE, "trusted:/var/cache/shop")
    assert cache_in_hand(None) == ModelCache("/var/cache/shop", trusted=True)
    assert cache_in_hand("here") == ModelCache("here")


@pytest.mark.parametrize("path", ["", "trusted:", 3, None])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(InputError, match="give the path of a directory"):
        if isinstance(path, str):
            cache_in_hand(path)
        else:
            ModelCache(path)  # type: ignore[arg-type]


def test_the_directory_stays_where_the_working_directory_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ModelCache("models").directory == tmp_path / "models"
