"""The address of a Ray cluster."""

from __future__ import annotations

ADVICE = "check the address, or leave --ray-address out to run on this machine"


def parsed_address(address: str) -> tuple[str, int]:
    """Host and port of a cluster.

    Raises:
        ValueError: it is not HOST:PORT.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"--ray-address {address}: must be HOST:PORT, as in 10.0.0.1:6379; {ADVICE}")
    return host.strip("[]"), int(port)
