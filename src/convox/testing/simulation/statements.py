"""What SQLAlchemy makes of a statement, made once instead of each time that it is executed.

Its own connection takes ten times as long for that as SQLite then needs for a few rows.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql import visitors

Writing = sa.Insert | sa.Update | sa.Delete
Given = Mapping[str, Any]
Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement takes a value: by which name it is given, and in which form it is kept."""

    key: str
    convert: Convert | None
    is_given: bool
    fixed: Any
    """What is kept where nothing is given."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as SQLite takes it."""

    text: str
    places: Sequence[Place]

    def bound(self, given: Given) -> Row:
        """Return what goes into its places."""
        found = []
        for place in self.places:
            if not place.is_given:
                found.append(place.fixed)
            elif place.convert is None:
                found.append(given[place.key])
            else:
                found.append(place.convert(given[place.key]))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and what it has found: by what it was given, and at which moment of its tables."""

    prepared: Prepared
    tables: Sequence[str]
    columns: SimpleResultMetaData
    converts: Sequence[Convert | None]
    found: dict[Row, tuple[Hashable, Sequence[Row]]] = field(default_factory=dict)

    def read(self, raw: Sequence[Row]) -> Sequence[Row]:
        """Return rows as whoever asks takes them."""
        return [tuple(map(_converted, row, self.converts)) for row in raw]


def prepare(
    statement: sa.Select[Any] | Writing, keys: Collection[str], dialect: sa.Dialect
) -> Prepared:
    """Return the statement as it is executed with values of these names."""
    compiled = statement.compile(dialect=dialect, column_keys=sorted(keys))
    binds = [compiled.binds[name] for name in compiled.positiontup or ()]
    if any(bind.expanding for bind in binds):
        raise ValueError(f"cannot prepare a statement of so many values: {statement}")
    return Prepared(compiled.string, [_place(bind, dialect) for bind in binds])


def query(statement: sa.Select[Any], dialect: sa.Dialect) -> Query:
    """Return the query, which has found nothing yet."""
    columns = list(statement.selected_columns)
    asked = {each.name for each in visitors.iterate(statement) if isinstance(each, sa.Table)}
    return Query(
        prepare(statement, (), dialect),
        sorted(asked),
        SimpleResultMetaData([str(column.key) for column in columns]),
        [_reader(column, dialect) for column in columns],
    )


def _place(bind: sa.BindParameter[Any], dialect: sa.Dialect) -> Place:
    convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
    value = None if bind.required else bind.effective_value
    return Place(
        bind.key,
        convert,
        is_given=bind.required,
        fixed=value if convert is None or bind.required else convert(value),
    )


def _reader(column: sa.ColumnElement[Any], dialect: sa.Dialect) -> Convert | None:
    """Return what reads a column's values; each is read once, and nobody changes what was read."""
    convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
    return None if convert is None else lru_cache(maxsize=4096)(convert)


def _converted(value: Any, convert: Convert | None) -> Any:
    return value if convert is None else convert(value)
