"""Models in files that workers share: what is written, what is believed, what is removed."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete
from tests.conftest import Fork
from tests.store.cache.conftest import HALVES, SECRET, Read, saved

from tastemaker.errors import ReleaseError
from tastemaker.store import releases
from tastemaker.store.cache.model_cache import ModelCache
from tastemaker.store.crypto.container import Contents, pack
from tastemaker.store.crypto.keyring import Keyring
from tastemaker.store.sql.database import Database
from tastemaker.store.sql.tables import model_chunk, release


def files(place: Path) -> list[Path]:
    return sorted(place.iterdir())


def without_models(database: Database) -> None:
    """From here on only the cache has them."""
    with database.writing() as connection:
        connection.execute(delete(model_chunk))


def is_whole(found: dict[str, Contents]) -> bool:
    one = found["halves"]
    return np.array_equal(one.arrays["halves"], HALVES) and one.values == {"about": SECRET}


def test_the_second_reading_needs_no_model_of_the_database(
    read: Read, cache: ModelCache, sqlite_database: Database
) -> None:
    first = read(cache)
    without_models(sqlite_database)
    second = read(cache)
    for found in (first, second):
        assert np.array_equal(found["halves"].arrays["halves"], HALVES)
        assert not found["halves"].arrays["halves"].flags.writeable
        assert found["words"].values == {"word": "tea"}
    with pytest.raises(ReleaseError, match="no model of halves"):
        read(None)


def test_only_this_account_can_read_what_is_written(
    read: Read, cache: ModelCache, place: Path
) -> None:
    read(cache)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in files(place)] == [0o600, 0o600]


def test_nothing_is_in_clear_unless_the_directory_is_trusted(
    read: Read, cache: ModelCache, place: Path
) -> None:
    read(cache)
    written = b"".join(file.read_bytes() for file in files(place))
    assert (SECRET.encode() in written) is cache.trusted
    assert (HALVES.tobytes() in written) is cache.trusted


def test_mapped_arrays_lie_in_the_file_and_are_aligned(read: Read, place: Path) -> None:
    for _ in range(2):
        array = read(ModelCache(place, trusted=True))["halves"].arrays["halves"]
        address = array.ctypes.data
        assert address % 8 == 0
        assert str(place) in mapped_at(address)


def mapped_at(address: int) -> str:
    """The line of this process's memory map that an address lies in."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, _, stop = line.partition(" ")[0].partition("-")
        if int(start, 16) <= address < int(stop, 16):
            return line
    raise AssertionError("the address lies nowhere")


@pytest.mark.parametrize("place_of", [0, 10, 50, 70, -1], ids=str)
def test_a_damaged_file_is_written_anew(
    read: Read, cache: ModelCache, place: Path, place_of: int, caplog: pytest.LogCaptureFixture
) -> None:
    read(cache)
    sound = {file: file.read_bytes() for file in files(place)}
    for file, content in sound.items():
        damaged = bytearray(content)
        damaged[place_of] ^= 1
        file.write_bytes(damaged)
    assert is_whole(read(cache))
    assert caplog.text.count("is written anew") == 2
    caplog.clear()
    assert is_whole(read(cache))
    assert caplog.text == ""


@pytest.mark.parametrize("length", [0, 3, 63, 64, 65, 1000])
def test_a_truncated_file_is_written_anew(
    read: Read, cache: ModelCache, place: Path, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    read(cache)
    for file in files(place):
        os.truncate(file, length)
    assert is_whole(read(cache))
    assert "is written anew" in caplog.text


def test_one_model_does_not_pass_for_another(
    read: Read, cache: ModelCache, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read(cache)
    one, other = files(place)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    assert is_whole(read(cache))
    assert caplog.text.count("is written anew") == 2


def test_links_and_shared_files_are_not_followed(
    read: Read, cache: ModelCache, place: Path, tmp_path: Path
) -> None:
    read(cache)
    linked, shared = files(place)
    outside = tmp_path / "outside"
    linked.rename(outside)
    before = outside.read_bytes()
    linked.symlink_to(outside)
    shared.chmod(0o644)
    assert is_whole(read(cache))
    assert not linked.is_symlink()
    assert outside.read_bytes() == before
    assert stat.S_IMODE(shared.stat().st_mode) == 0o600


def test_a_pipe_in_place_of_a_file_does_not_stop_the_worker(
    read: Read, cache: ModelCache, place: Path
) -> None:
    read(cache)
    for file in files(place):
        file.unlink()
        os.mkfifo(file, 0o600)
    assert is_whole(read(cache))


def test_another_release_of_the_same_number_is_not_taken_for_it(
    read: Read, cache: ModelCache, sqlite_database: Database, ring: Keyring
) -> None:
    read(cache)
    with sqlite_database.writing() as connection:
        manifest = {"curve": None, "trained": "in a restored backup"}
        packed = pack({}, {"release": 1, "content": manifest}, {}, ring.sign)
        connection.execute(release.update().values(manifest=packed))
    without_models(sqlite_database)
    with pytest.raises(ReleaseError):
        read(cache)


def test_files_of_releases_that_are_gone_are_removed(
    read: Read,
    cache: ModelCache,
    place: Path,
    sqlite_database: Database,
    ring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read(cache)
    (place / "of-somebody-else").touch()
    assert saved(sqlite_database, ring) == 2
    read(cache, 2)
    assert len(files(place)) == 5
    monkeypatch.setattr(releases, "KEPT", 1)
    with sqlite_database.writing() as connection:
        releases.prune(connection, 2)
    read(cache, 2)
    assert len(files(place)) == 3


def test_what_lay_in_clear_is_removed_when_the_directory_is_trusted_no_more(
    read: Read, place: Path
) -> None:
    read(ModelCache(place, trusted=True))
    read(ModelCache(place))
    assert {file.suffix for file in files(place)} == {".sealed"}


def test_an_incomplete_file_is_removed_when_it_is_old(
    read: Read, cache: ModelCache, place: Path
) -> None:
    read(cache)
    young, old = (place / f"{files(place)[0].name}.{name}.part" for name in ("young", "old"))
    young.touch()
    old.touch()
    os.utime(old, (0, 0))
    read(cache)
    assert young.exists()
    assert not old.exists()


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_directory_that_others_can_write_is_refused_and_the_models_are_read(
    read: Read, cache: ModelCache, place: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    place.mkdir(parents=True)
    place.chmod(mode)
    assert is_whole(read(cache))
    assert "others can write it; run chmod 700" in caplog.text
    assert files(place) == []


def test_a_link_to_a_directory_is_refused(
    read: Read, cache: ModelCache, place: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    place.parent.mkdir()
    place.symlink_to(real)
    assert is_whole(read(cache))
    assert "is of no use" in caplog.text
    assert files(real) == []


def test_what_cannot_be_a_directory_costs_the_cache_only(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    assert is_whole(read(ModelCache("/dev/null/cache")))
    assert "is of no use" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_a_full_disk_costs_the_cache_only(
    read: Read, cache: ModelCache, place: Path, fork: Fork, tmp_path: Path
) -> None:
    def work() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        assert is_whole(read(cache))
        assert not [file for file in files(place) if file.stat().st_size > 10_000]

    _, status = os.waitpid(fork(work), 0)
    assert status == 0


def test_workers_that_start_at_once_all_succeed(
    read: Read, cache: ModelCache, place: Path, fork: Fork
) -> None:
    def work() -> None:
        assert is_whole(read(cache))

    started = [fork(work) for _ in range(6)]
    assert [os.waitpid(child, 0)[1] for child in started] == [0] * 6
    assert len(files(place)) == 2
