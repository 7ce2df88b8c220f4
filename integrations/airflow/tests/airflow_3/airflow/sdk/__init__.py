# SPDX-License-Identifier: Apache-2.0
from airflow_contract import AsyncBaseHook as BaseHook  # noqa: F401
from airflow_contract import BaseOperator, BaseSensorOperator, PokeReturnValue  # noqa: F401
