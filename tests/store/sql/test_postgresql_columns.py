from __future__ import annotations

import numpy as np
import pytest

from tastemaker.store.sql.database import Database
from tastemaker.store.sql.postgresql_columns import BinaryArray, array_parameters

LARGEST = np.iinfo(np.int64).max


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (np.array([0, 1, -1, LARGEST, -LARGEST - 1]), "bigint"),
        (np.array([0, 7, -(2**31), 2**31 - 1], dtype=np.int32), "integer"),
        (np.array([0.0, 0.1, -2.5, 1e300, 5e-324]), "double precision"),
        (np.array([], dtype=np.int64), "bigint"),
        (np.arange(10)[::3], "bigint"),
    ],
)
def test_the_server_reads_what_was_sent(
    postgresql_database: Database, column: np.ndarray, kind: str
) -> None:
    with postgresql_database.reading() as connection:
        parameters = array_parameters(connection, [column])
        assert isinstance(parameters[0], BinaryArray)
        rows = connection.exec_driver_sql(f"SELECT unnest(%s::{kind}[])", parameters)
        assert rows.scalars().all() == column.tolist()
