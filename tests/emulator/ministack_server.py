"""ministack, as a server that copies itself (copies.py). Only what answers CloudFront is meant: a copy has none of the threads
that other services start.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import copies
import ministack.app
from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application before ministack's: answers the question for a copy, hands on everything else."""
    if scope["type"] != "http" or scope["path"] != copies.PATH:
        await ministack.app.app(scope, receive, send)
        return
    # In a thread of its own: an event loop cannot be forked while it runs.
    body = await asyncio.to_thread(copies.copy, serve)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(listener: socket.socket) -> None:
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    asyncio.run(serve_asgi(application, config))  # type: ignore[arg-type]


if __name__ == "__main__":
    copies.begin(serve)
