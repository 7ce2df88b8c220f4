package io.nightshift.destination.parquet;

import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.testing.Nightly;

/// The contract with a size of files, where each partition fits into one.
@Nightly(shortForm = {"ParquetDestinationTest", "DividedPartsTest"})
final class DividedParquetTest extends ParquetDestinationTest {

    @Override
    protected Destination destination() {
        return new ParquetDestination(out().toString()).withFileBytes(1_000L);
    }
}
