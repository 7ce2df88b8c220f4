"""What the jobs read of the flights: the features of examples/flights/job.yaml, in the model's order."""

_AIRPORT = "(ascii({0}) - 65) * 676 + (ascii({0}[2]) - 65) * 26 + ascii({0}[3]) - 65"

FEATURES = {
    "month": "month(date)",
    "day": "day(date)",
    "weekday": "dayofweek(date)",
    "hour": "hour(date)",
    "minute": "minute(date)",
    "distance": "distance",
    "origin_code": _AIRPORT.format("origin"),
    "destination_code": _AIRPORT.format("destination"),
}


def source(file):
    return f"read_parquet('{file}', file_row_number = true)"
