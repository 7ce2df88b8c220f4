# SPDX-License-Identifier: Apache-2.0
from airflow_contract import BaseTrigger, TriggerEvent  # noqa: F401
