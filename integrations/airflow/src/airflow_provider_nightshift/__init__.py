# SPDX-License-Identifier: Apache-2.0
"""Apache Airflow provider for Nightshift."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def get_provider_info() -> dict[str, Any]:
    """What Airflow asks of a provider package."""
    return {
        "package-name": "airflow-provider-nightshift",
        "name": "Nightshift",
        "description": "Runs batches of predictions on a Nightshift cluster.",
        "versions": [__version__],
        "connection-types": [
            {
                "connection-type": "nightshift",
                "hook-class-name": "airflow_provider_nightshift.hooks.nightshift.NightshiftHook",
            }
        ],
    }
