# SPDX-License-Identifier: Apache-2.0
"""The classes of Airflow that this package needs, from where the installed version has them: Airflow 3 first."""

from __future__ import annotations

try:
    from airflow.sdk import BaseOperator
except ImportError:
    from airflow.models.baseoperator import BaseOperator

try:
    from airflow.sdk import BaseSensorOperator, PokeReturnValue
except ImportError:
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue

try:
    from airflow.sdk import BaseHook
except ImportError:
    from airflow.hooks.base import BaseHook

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = [
    "AirflowException",
    "AirflowFailException",
    "AirflowSkipException",
    "BaseHook",
    "BaseOperator",
    "BaseSensorOperator",
    "BaseTrigger",
    "PokeReturnValue",
    "TriggerEvent",
]
