# SPDX-License-Identifier: Apache-2.0
"""Connects to a Nightshift cluster as an Airflow connection says."""

from __future__ import annotations

import asyncio
from typing import Any

from nightshift import Client, NightshiftError

from ..base import BaseHook


class NightshiftHook(BaseHook):
    """Makes clients from an Airflow connection of the type `nightshift`.

    The connection has the host (with or without `https://`; several with commas), the port, and the token as its password.
    Extra fields: `ca`, `certificate` and `private_key` (PEM files on the workers and the triggerer), `token_file`, and
    `timeout` in seconds. A connection without a host means the node on this machine.

    Args:
        nightshift_conn_id: the ID of the connection.
    """

    conn_name_attr = "nightshift_conn_id"
    default_conn_name = "nightshift_default"
    conn_type = "nightshift"
    hook_name = "Nightshift"

    def __init__(self, nightshift_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nightshift_conn_id = nightshift_conn_id

    def get_conn(self) -> Client:
        """A client for the connection.

        Raises:
            ValueError: if the connection is wrong.
        """
        return _client(self.get_connection(self.nightshift_conn_id))

    async def get_async_conn(self) -> Client:
        """Like `get_conn`, for the event loop of the triggerer, where the lookup of a connection must not block."""
        return await asyncio.to_thread(_client, await self._async_connection())

    async def _async_connection(self) -> Any:
        lookup = getattr(self, "aget_connection", None)
        if lookup is not None:
            try:
                return await lookup(self.nightshift_conn_id)
            except RuntimeError:
                # Airflow 3 has the method, but supports it only inside its own processes.
                pass
        try:
            # A dependency of Airflow. Airflow 3.0 sends the lookup back to the event loop, which needs this thread.
            from asgiref.sync import sync_to_async
        except ImportError:
            return await asyncio.to_thread(self.get_connection, self.nightshift_conn_id)
        return await sync_to_async(self.get_connection)(self.nightshift_conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """Called by the button Test of the connection's page."""
        try:
            nodes = self.get_conn().nodes()
        except (NightshiftError, ValueError, OSError) as e:
            return False, str(e)
        return True, f"The cluster has {len(nodes)} nodes."

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The fields of the connection's page."""
        return {
            "hidden_fields": ["login"],
            "relabeling": {"password": "Token", "schema": "Scheme (https or http)"},
            "placeholders": {
                "host": "nightshift.example.org",
                "port": "7380",
                "schema": "https",
                "extra": '{"ca": "/etc/nightshift/ca.crt"}',
            },
        }


def _client(connection: Any) -> Client:
    extra = dict(connection.extra_dejson or {})
    unknown = set(extra) - {"ca", "certificate", "private_key", "token_file", "timeout"}
    if unknown:
        raise ValueError(
            f"the connection {connection.conn_id} has unknown extra fields: {', '.join(sorted(unknown))}. Known are ca,"
            " certificate, private_key, token_file and timeout"
        )
    scheme = connection.schema or "https"
    hosts = [host.strip() for host in (connection.host or "").split(",") if host.strip()]
    servers = [_url(host, scheme, connection.port) for host in hosts]
    options: dict[str, Any] = {name: value for name, value in extra.items() if value not in (None, "")}
    if "timeout" in options:
        options["timeout"] = float(options["timeout"])
    if connection.password:
        options["token"] = connection.password
    return Client(*servers, **options)


def _url(host: str, scheme: str, port: Any) -> str:
    url = host if "://" in host else f"{scheme}://{host}"
    has_port = url.rpartition("]")[2].count(":") >= (1 if "]" in url else 2)
    return url if has_port or not port else f"{url}:{port}"
