# SPDX-License-Identifier: Apache-2.0
from airflow_contract import BaseHook  # noqa: F401
