# SPDX-License-Identifier: Apache-2.0
"""The modules of Airflow 3: those of Airflow 2 that it has no longer, or warns of, are absent."""
__version__ = "3.1.0"
