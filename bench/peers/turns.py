"""What a library of Python's does in PeersBenchmark: for each line on standard input, it scores and says how long it took."""

import os
import sys
import time

import numpy

clock = (lambda: time.process_time() / 2) if os.environ.get("CLOCK") == "cpu" else time.perf_counter


def read(file):
    """Numbers as Java writes them."""
    return numpy.fromfile(file, dtype=">f4").astype(numpy.float32)


def take(score, scores):
    """Calls `score`, writes the probabilities it gives to the file `scores`, and prints its seconds."""
    for _ in sys.stdin:
        start = clock()
        probabilities = score()
        seconds = clock() - start
        probabilities.astype(">f4").tofile(scores)
        print(seconds, flush=True)
