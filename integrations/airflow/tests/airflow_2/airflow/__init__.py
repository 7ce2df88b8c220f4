# SPDX-License-Identifier: Apache-2.0
"""The modules of Airflow 2.9."""
__version__ = "2.9.0"
