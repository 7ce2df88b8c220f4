# SPDX-License-Identifier: Apache-2.0
"""Reads a stream of server-sent events, as the HTML standard defines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Iterator, Optional, Union
import http.client

_LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True)
class ServerSentEvent:
    """An event.

    Attributes:
        name: the kind of event; `message` if the stream doesn't say.
        data: the lines of data, joined by line feeds.
        id: the ID of the last event that had one; empty if none had.
    """

    name: str
    data: str
    id: str


def events_of(stream: Union[IO[bytes], http.client.HTTPResponse]) -> Iterator[Optional[ServerSentEvent]]:
    """The events of a stream until its end. An event that is cut off by the end is left out.

    Yields None for each comment, so that the caller sees that the connection works.
    """
    name, last_id = "", ""
    data: list[str] = []
    while True:
        raw = stream.readline(_LONGEST_LINE)
        if not raw.endswith(b"\n"):
            return
        line = raw.rstrip(b"\r\n").decode("utf-8", "replace")
        if not line:
            if data:
                yield ServerSentEvent(name or "message", "\n".join(data), last_id)
            name, data = "", []
            continue
        if line.startswith(":"):
            yield None
            continue
        key, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if key == "event":
            name = value
        elif key == "data":
            data.append(value)
        elif key == "id" and "\0" not in value:
            last_id = value
