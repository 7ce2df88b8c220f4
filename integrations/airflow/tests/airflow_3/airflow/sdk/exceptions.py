# SPDX-License-Identifier: Apache-2.0
from airflow_contract import (  # noqa: F401
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferralError,
    TaskDeferred,
)
