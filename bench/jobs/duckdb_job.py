"""DuckDB reads and rewrites what the job reads, and a number for each row: python3 duckdb_job.py FLIGHTS OUTPUT"""

import sys

import flights
from duck import Duck

file, output = sys.argv[1:]
Duck().execute(
    f"COPY (SELECT file_row_number AS id, date, distance, origin, destination FROM {flights.source(file)})"
    f" TO '{output}' (FORMAT parquet, COMPRESSION zstd)"
)
