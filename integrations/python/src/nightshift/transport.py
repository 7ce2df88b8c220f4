# SPDX-License-Identifier: Apache-2.0
"""Requests over HTTP: servers, TLS, the token, and retries."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import random
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence, Union
from urllib.parse import urlsplit

from .errors import NightshiftError, Problem, Unexpected, Unreachable, of_status

TOKEN_VARIABLE = "NIGHTSHIFT_TOKEN"
TOKEN_PREFIX = "nst_"
SERVER_VARIABLE = "NIGHTSHIFT_SERVER"
LOCAL_SERVER = "http://127.0.0.1:7380"

_FIRST_WAIT = 0.25
_MAX_RETRY_AFTER = 30

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Server:
    """The URL of a node, taken apart."""

    url: str
    is_tls: bool
    host: str
    port: int
    path: str

    @staticmethod
    def of(url: str) -> "Server":
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
            raise ValueError(f"a server is a URL such as https://nightshift.example.org:7380, not {url!r}")
        is_tls = parts.scheme == "https"
        return Server(url, is_tls, host, port or (443 if is_tls else 80), parts.path.rstrip("/"))

    @property
    def is_this_machine(self) -> bool:
        """Whether requests stay on this machine: its name or all of its addresses are loopback addresses."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            pass
        if self.host == "localhost":
            return True
        try:
            addresses = {str(info[4][0]) for info in socket.getaddrinfo(self.host, None)}
        except OSError:
            return False
        return all(ipaddress.ip_address(one.partition("%")[0]).is_loopback for one in addresses)


_STARTING = "starting"


def home_folder(home: Optional[PathLike]) -> Path:
    """The given home folder, or that of the user."""
    return Path.home() / ".nightshift" if home is None else Path(home)


def local_server(home: Optional[PathLike]) -> Server:
    """The server that runs on a home folder: its file `server` has the URL, and the ID of the process. A server
    that was killed leaves the file behind. A server that is still starting has no URL there. Without a server, the
    default of all nodes."""
    try:
        url, process = (home_folder(home) / "server").read_text(encoding="ascii").splitlines()[:2]
        if _runs(int(process.split()[0])):
            if url == _STARTING:
                raise Unreachable(f"the server of {home_folder(home)} is starting")
            return Server.of(url)
    except (OSError, ValueError, IndexError):
        pass
    return Server.of(LOCAL_SERVER)


def _runs(process: int) -> bool:
    """Whether a process of this user runs."""
    if os.name != "posix":
        # There, a signal ends the process.
        return True
    try:
        os.kill(process, 0)
        return True
    except (OSError, OverflowError):
        return False


class Token:
    """The token to send. Files are read again for each request, so a token may be replaced while a program runs."""

    def __init__(
        self, token: Optional[str], token_file: Optional[PathLike], home: Optional[PathLike], servers: Sequence[Server]
    ) -> None:
        if token is not None and token_file is not None:
            raise ValueError("give either token or token_file, not both")
        given = token if token is not None else None if token_file is not None else os.environ.get(TOKEN_VARIABLE)
        self._token = given.strip() if given and given.strip() else None
        self._file = Path(token_file) if token_file is not None else None
        self._local: Optional[Path] = None
        if self._token is None and self._file is None and all(server.is_this_machine for server in servers):
            self._local = home_folder(home) / "token"
        if self._token is not None and not _is_token(self._token):
            raise ValueError("a token consists of printable ASCII characters without spaces")
        if self._token is not None or self._file is not None:
            for server in servers:
                if not server.is_tls and not server.is_this_machine:
                    raise ValueError(f"a token is sent to another machine over https only, not to {server.url}")

    def current(self) -> Optional[str]:
        """The token now, or None if there is none.

        Raises:
            Unexpected: if the given token file can't be read.
        """
        if self._token is not None:
            return self._token
        if self._file is not None:
            try:
                token = self._file.read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                raise Unexpected(f"the token file {self._file} is missing or can't be read as text") from None
            # Whoever chooses the file, as in a connection of Airflow, must not make this program send another secret.
            if not _is_token(token) or not token.startswith(TOKEN_PREFIX):
                raise Unexpected(f"the token file {self._file} does not contain a token, which begins with {TOKEN_PREFIX}")
            return token
        if self._local is not None:
            try:
                token = self._local.read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                return None
            return token if _is_token(token) else None
        return None


def _is_token(text: str) -> bool:
    """Whether the text can be sent in a header. The texts themselves never stand in a message."""
    return bool(text) and all("!" <= character <= "~" for character in text)


def tls_context(
    ca: Optional[PathLike], certificate: Optional[PathLike], private_key: Optional[PathLike]
) -> ssl.SSLContext:
    """Trusts the authorities of a PEM file, or those of the platform, and presents a client certificate if given."""
    if (certificate is None) != (private_key is None):
        raise ValueError("certificate and private_key need each other: give both, or neither")
    context = ssl.create_default_context(cafile=None if ca is None else os.fspath(ca))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None and private_key is not None:
        context.load_cert_chain(os.fspath(certificate), os.fspath(private_key))
    return context


@dataclass(frozen=True)
class Request:
    """A request that any node can answer.

    Attributes:
        path: path and query, relative to the server's URL.
        timeout: seconds to wait for the connection, and for each piece of the answer.
    """

    method: str
    path: str
    timeout: float
    body: Optional[bytes] = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport:
    """Sends requests, and sends them again where that may help. Threads may share it: each request has a connection of
    its own."""

    def __init__(
        self,
        servers: Callable[[], Sequence[Server]],
        token: Token,
        context: Optional[ssl.SSLContext],
        attempts: int,
        agent: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._servers = servers
        self._token = token
        self._context = context
        self._attempts = attempts
        self._agent = agent
        self._current = 0
        self.sleep = sleep

    def send(self, request: Request) -> Any:
        """Returns the JSON of the answer.

        Raises:
            NightshiftError: if no attempt succeeds.
        """
        number = 1
        while True:
            try:
                return self._attempt(self._server(), request)
            except NightshiftError as e:
                if not e.retryable or number >= self._attempts:
                    raise
                wait = backoff(number) if e.retry_after is None else min(e.retry_after, _MAX_RETRY_AFTER)
                self.use_next_server()
                self.sleep(wait)
                number += 1

    def once(self, request: Request) -> Any:
        """Like `send`, with one attempt."""
        return self._attempt(self._server(), request)

    def _attempt(self, server: Server, request: Request) -> Any:
        connection, response = self.open(server, request)
        try:
            try:
                body = response.read()
            except (OSError, http.client.HTTPException) as e:
                raise unreachable(server, e) from e
            if not 200 <= response.status < 300:
                raise problem_of(response, body)
            try:
                return json.loads(body)
            except ValueError as e:
                raise Unexpected(f"the answer of {server.url} is not one of Nightshift: {e}") from e
        finally:
            connection.close()

    def open(
        self, server: Server, request: Request
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Sends a request and reads the head of the answer. The caller closes the connection.

        Raises:
            Unreachable: if there is no answer.
        """
        headers = {"User-Agent": self._agent, "Accept": "application/json", **request.headers}
        token = self._token.current()
        if token:
            headers["Authorization"] = "Bearer " + token
        if server.is_tls:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                server.host, server.port, timeout=request.timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(server.host, server.port, timeout=request.timeout)
        try:
            connection.request(request.method, server.path + request.path, body=request.body, headers=headers)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as e:
            connection.close()
            raise unreachable(server, e) from e
        except BaseException:
            connection.close()
            raise

    def open_any(self, request: Request) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Sends a request to the current server, once. Like `open`."""
        return self.open(self._server(), request)

    def _server(self) -> Server:
        servers = self._servers()
        return servers[self._current % len(servers)]

    def use_next_server(self) -> None:
        self._current += 1


def backoff(attempts: int) -> float:
    """A random wait in seconds, at most 0.25 s after the first attempt, twice as long after each, at most 16 s."""
    most = _FIRST_WAIT * 2 ** min(attempts - 1, 6)
    return most / 2 + random.random() * most / 2


def unreachable(server: Server, error: Exception) -> NightshiftError:
    """The error for a connection that can't be made, or that breaks."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unexpected(
            f"the certificate of {server.url} is not trusted: {error.verify_message}. If your own authority issued it, give"
            " its certificate as ca"
        )
    if isinstance(error, ConnectionRefusedError):
        reason = "nothing listens there"
    elif isinstance(error, TimeoutError) or isinstance(error, socket.timeout):
        reason = "no answer in time"
    else:
        reason = str(error) or type(error).__name__
    return Unreachable(f"cannot reach {server.url}: {reason}")


def problem_of(response: http.client.HTTPResponse, body: bytes) -> NightshiftError:
    """The error that an answer with another status than 2xx stands for."""
    try:
        problem = Problem.of(json.loads(body))
    except (ValueError, TypeError, AttributeError):
        problem = None
    after = response.headers.get("Retry-After", "")
    retry_after = float(after) if after.isascii() and after.isdigit() and len(after) <= 4 else None
    if problem is not None:
        return of_status(response.status)(problem.detail, problem, retry_after)
    error = Unexpected if response.status == 404 else of_status(response.status)
    return error(
        f"the server answered with status {response.status} and no problem document of Nightshift",
        None,
        retry_after,
    )
