"""Versions of the configuration between two, rendered in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tapgen.attribution.documents import Documents
from tapgen.attribution.keys import Key, mixed
from tapgen.config.environment import Environment
from tapgen.config.read import Configuration, understand
from tapgen.errors import ConfigError
from tapgen.parse import parse
from tapgen.render import environment_bodies, shared_bodies
from tapgen.review.causes import Move, moves
from tapgen.review.stacks import Stack, nested

Step = tuple[Key, ...]
"""Keys that are changed together."""

Steps = frozenset[Step]

Bodies = dict[str, Any]


class Trials:
    """What the configuration would be, and would render, if only some steps were done."""

    def __init__(self, before: Documents, after: Documents, every: Collection[Key], roots: Collection[str]) -> None:
        self._before, self._after, self._every = before, after, len(every)
        self._roots = set(roots)
        self._configurations: dict[frozenset[Key], Configuration | ConfigError] = {}
        self._made: list[tuple[Environment, Bodies]] = []
        self._stacks: dict[frozenset[Key], Mapping[str, Stack]] = {}

    def stands(self, steps: Collection[Step]) -> bool:
        """Whether the configuration can be so."""
        return not isinstance(self._configuration(_keys(steps)), ConfigError)

    def moves(self, before: Collection[Step], after: Collection[Step]) -> frozenset[Move]:
        """What it does to go from one to the other; both stand."""
        return moves(self.stacks(before), self.stacks(after))

    def stacks(self, steps: Collection[Step]) -> Mapping[str, Stack]:
        """The stacks of one that stands, as far as they are looked at.

        Raises:
            ConfigError: it does not stand.
        """
        chosen = _keys(steps)
        if chosen not in self._stacks:
            configuration = self._configuration(chosen)
            if isinstance(configuration, ConfigError):
                raise configuration
            self._stacks[chosen] = nested(self._bodies(configuration), {})
        return self._stacks[chosen]

    def _configuration(self, chosen: frozenset[Key]) -> Configuration | ConfigError:
        if chosen not in self._configurations:
            # With all of them it is the new one itself, in its own order.
            whole = len(chosen) == self._every
            documents = self._after if whole else mixed(self._before, self._after, chosen)
            try:
                self._configurations[chosen] = understand(documents.config, documents.images)
            except ConfigError as error:
                self._configurations[chosen] = error
        return self._configurations[chosen]

    def _bodies(self, configuration: Configuration) -> Bodies:
        shared = not self._roots <= configuration.environments.keys()
        wanted = {name: each for name, each in configuration.environments.items() if shared or name in self._roots}
        made = {name: self._environment(each) for name, each in wanted.items()}
        found: Bodies = shared_bodies(configuration, made) if shared else {}
        for name, environment in wanted.items():
            own = {f"{name}/{each.stack}.yaml": parse(each.text) for each in environment.stacks.values()}
            found |= made[name] | own
        return found

    def _environment(self, environment: Environment) -> Bodies:
        """Rendered once, however many trials have it as it is."""
        for known, bodies in self._made:
            if known == environment:
                return bodies
        self._made.append((environment, environment_bodies(environment)))
        return self._made[-1][1]


def _keys(steps: Collection[Step]) -> frozenset[Key]:
    return frozenset(key for step in steps for key in step)
