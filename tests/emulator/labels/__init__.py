"""Misconfigurations, each a small function under a label, each with the controls that it must trip.

A label changes one thing of the good world. It comes in two phases: *live* labels change the finished
world through the API; *design* labels change what is about to be built, for what AWS settles at
creation (a cluster's version, a volume's encryption). The docstring's first line is what the test's
reader is told.

``controls`` are the controls of the catalogue that fail because of the label, all of them.
``debatable`` are those whose catalogue row can be read either way. A label without controls is a
*benign* variation: it looks like a fault and must trip nothing.

Labels compose: all that are neither exclusive nor benign make up the drifted world. Where two of them
want the same attribute, one works on a resource of its own (labels/extra.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

from stack.state import Design, World

LiveChange = Callable[[World], str]
DesignChange = Callable[[Design], str]

_MODULES = (
    "cloudfront",
    "waf",
    "balancer",
    "groups",
    "subnets",
    "clusters",
    "databases",
    "repositories",
    "roles",
    "bastions",
)


@dataclass(frozen=True)
class Label:
    """One misconfiguration: its name, what it trips, and how it is brought about."""

    name: str
    controls: tuple[str, ...]
    what: str
    live: LiveChange | None = None
    design: DesignChange | None = None
    debatable: tuple[str, ...] = ()
    exclusive: str | None = None

    @property
    def benign(self) -> bool:
        return not self.controls

    @property
    def drifts(self) -> bool:
        """Whether the label is part of the drifted world."""
        return not self.benign and self.exclusive is None


class UnknownLabelError(ValueError):
    """A label that does not exist."""


_labels: dict[str, Label] = {}


def label(
    name: str, controls: list[str], *, debatable: Iterable[str] = (), exclusive: str | None = None
) -> Callable[[LiveChange], LiveChange]:
    """Register a change of the finished world. ``exclusive`` says why it cannot be in the drifted world."""

    def register(change: LiveChange) -> LiveChange:
        _register(
            Label(name, tuple(controls), _what(change), live=change, debatable=tuple(debatable), exclusive=exclusive)
        )
        return change

    return register


def design_label(
    name: str, controls: list[str], *, debatable: Iterable[str] = (), exclusive: str | None = None
) -> Callable[[DesignChange], DesignChange]:
    """Register a change of what is about to be built."""

    def register(change: DesignChange) -> DesignChange:
        _register(
            Label(name, tuple(controls), _what(change), design=change, debatable=tuple(debatable), exclusive=exclusive)
        )
        return change

    return register


def _what(change: Callable[..., str]) -> str:
    return (change.__doc__ or "").strip().splitlines()[0]


def _register(new: Label) -> None:
    if new.name in _labels:
        raise ValueError(f"two labels are called {new.name}")
    _labels[new.name] = new


def catalogue() -> list[Label]:
    """All labels, in the order in which they are applied."""
    for module in _MODULES:
        import_module(f"labels.{module}")
    return list(_labels.values())


def find(names: Iterable[str]) -> list[Label]:
    """The labels of these names, in the catalogue's order, whatever order they were asked for in."""
    wanted = set(names)
    found = [each for each in catalogue() if each.name in wanted]
    if missing := wanted - {each.name for each in found}:
        raise UnknownLabelError(f"no such label: {', '.join(sorted(missing))}")
    return found


def drifted() -> list[Label]:
    """The labels of the drifted world."""
    return [each for each in catalogue() if each.drifts]
