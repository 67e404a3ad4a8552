"""Files of JSON that other libraries wrote: read whole, or refused with the file and the entry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

from ConfigSpace import ConfigurationSpace

from skhypershap.space.encoding import check_known, encode
from skhypershap.space.value_keys import is_number


def is_count(value: Any) -> bool:
    """Whether a value is an integer and no bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_score(value: Any) -> bool:
    """Whether a value is a number; NaN, too, which JSON of Python has."""
    return is_number(value) or (isinstance(value, float) and value != value)


class Kind(NamedTuple):
    """What an entry must be: a name for messages, and a test."""

    name: str
    fits: Callable[[Any], bool]


TEXT = Kind("text", lambda value: isinstance(value, str))
DICT = Kind("a dict", lambda value: isinstance(value, dict))
LIST = Kind("a list", lambda value: isinstance(value, list))
COUNT = Kind("an integer", is_count)
NUMBER = Kind("a number", is_score)
NUMBER_OR_NONE = Kind("a number or null", lambda value: value is None or is_score(value))


class Place(NamedTuple):
    """Where in a file something stands; `str` of it is the beginning of a message."""

    file: Path
    entry: str = ""

    def __str__(self) -> str:
        return f"{str(self.file)!r}: {self.entry}" if self.entry else repr(str(self.file))

    def at(self, entry: str) -> Place:
        """A place within this one."""
        return Place(self.file, f"{self.entry}, {entry}" if self.entry else entry)

    def error(self, what: str) -> ValueError:
        """The error for what is wrong here."""
        return ValueError(f"{self} {what}. The file is not read any further.")

    def check(self, value: Any, kind: Kind) -> Any:
        """The value, or an error unless it is of a kind."""
        if not kind.fits(value):
            raise self.error(f"must be {kind.name}; got {_shown(value)}")
        return value

    def field(self, owner: Mapping[str, Any], name: str, kind: Kind) -> Any:
        """A field of a dict, or an error if it is missing or of another kind."""
        if name not in owner:
            raise self.error(f"has no {name!r}")
        return self.at(repr(name)).check(owner[name], kind)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def read_text(file: Path) -> str:
    """The text of a file in UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(file)!r} is not text in UTF-8 ({error}).") from error


def read_json(file: Path) -> Any:
    """The contents of a file of JSON."""
    try:
        return json.loads(read_text(file))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{str(file)!r} is not a complete JSON file ({error}).") from error


def read_json_lines(file: Path) -> list[tuple[Place, Any]]:
    """The contents of a file with JSON in each line, and where each stands; empty lines are skipped."""
    found: list[tuple[Place, Any]] = []
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        place = Place(file, f"line {number}")
        try:
            found.append((place, json.loads(line)))
        except (json.JSONDecodeError, RecursionError) as error:
            raise place.error(f"is not complete JSON ({error})") from error
    return found


def configs_by_id(place: Place, configs: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Configurations by their number, which JSON has as text."""
    found: dict[int, dict[str, Any]] = {}
    for key, config in configs.items():
        if not key.isdecimal():
            raise place.error(f"has a configuration named {key!r}, which is no number")
        found[int(key)] = place.at(f"configuration {key}").check(config, DICT)
    return found


def check_within(
    place: Place, space: ConfigurationSpace, configs: Mapping[int, Mapping[str, Any]]
) -> None:
    """Refuse configurations of a file that are not of the space beside it; the first is named."""
    try:
        check_known(list(configs.values()), space)
        encode(space, list(configs.values()), forbidden=True)
    except (ValueError, TypeError):
        for key, config in configs.items():
            try:
                check_known([config], space)
                encode(space, [config], forbidden=True)
            except (ValueError, TypeError) as error:
                where = place.at(f"configuration {key}")
                what = str(error).rstrip(".")
                raise where.error(f"is not of the space of the run: {what}") from error
        raise
