package io.nightshift.destination.lake;

import io.nightshift.destination.Check;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The output of a batch whose table is not there.
public record MissingTableProof(Destination destination) implements OutputProof {

    @Override
    public String place() {
        return "table";
    }

    @Override
    public void checkPlace(Check place) {
        place.problem("there is no %s", destination);
    }

    @Override
    public InputStream manifest() throws IOException {
        throw new IOException("there is no " + destination);
    }

    @Override
    public @Nullable FileNames files() {
        return null;
    }

    @Override
    public boolean checkRows(Check checksums, Check rows) {
        rows.problem("there is no %s", destination);
        checksums.open("not computed, since there is no table");
        return false;
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        throw FailureException.permanent("there is no " + destination);
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        throw FailureException.permanent("there is no " + destination);
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        throw FailureException.permanent("there is no " + destination);
    }

    @Override
    public void checkStaging(Check staging) {
        staging.proved("nothing is left behind, since there is no %s", destination);
    }

    @Override
    public void close() {}
}
