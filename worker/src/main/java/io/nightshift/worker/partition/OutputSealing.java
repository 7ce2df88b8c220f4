package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import java.io.IOException;

/// Makes the output of an attempt durable step by step, and measures the time in which it does. For the scoring
/// thread.
final class OutputSealing {

    /// A call of the writer that makes output durable.
    interface Sealing<T> {
        T seal(PartitionWriter output) throws IOException;
    }

    private final PartitionWriter output;
    private final AttemptControl control;
    private final UseMeter meter;

    /// The time in which the destination took rows that the meter knows, in nanoseconds.
    private long taken;

    OutputSealing(PartitionWriter output, AttemptControl control, UseMeter meter) {
        this.output = output;
        this.control = control;
        this.meter = meter;
    }

    <T> T seal(Sealing<T> step) throws IOException {
        control.progressed();
        control.sealing(true);
        meter.endReading(output.taking() - taken);
        try {
            return step.seal(output);
        } finally {
            meter.endWriting();
            taken = output.taking();
            control.sealing(false);
        }
    }
}
