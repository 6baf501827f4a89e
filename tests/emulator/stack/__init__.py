"""The Konecta stack as the architecture document describes it, built through the AWS API.

``build`` makes the good world: everything that the document claims and what its claims imply, so that
every control which the emulators can answer passes. One module a layer, in the order in which they
need each other.
"""

from __future__ import annotations

from stack import access, cluster, database, edge, network, registry
from stack.aws import Aws
from stack.state import Design, World


def clear(aws: Aws) -> None:
    """Make the emptied emulators an account with nothing in it, not even a default VPC."""
    network.remove_default_vpc(aws)


def build(aws: Aws, design: Design) -> World:
    """Build the good world, as far as the design is good, in empty emulators."""
    clear(aws)
    world = World(aws=aws, design=design)
    network.build(world)
    access.build(world)
    cluster.build(world)
    database.build(world)
    registry.build(world)
    edge.build(world)
    return world
