package io.nightshift.coordinator.batch;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.OutputInspector;
import io.nightshift.protocol.plan.Slice;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the ids it is given repeated, none by default; reads nothing.
public class NoRepeatedIdsInspector implements OutputInspector {

    private final List<String> repeated;

    public NoRepeatedIdsInspector(List<String> repeated) {
        this.repeated = repeated;
    }

    public NoRepeatedIdsInspector() {
        this(List.of());
    }

    @Override
    public long rows(List<Path> files) {
        return 0;
    }

    @Override
    public List<String> repeatedIds(List<Path> files, int limit) {
        return repeated;
    }

    @Override
    public String outputIds(List<Path> files) {
        return "";
    }

    @Override
    public String sourceIds(Job.Source source, @Nullable String id, List<Slice> slices) {
        return "";
    }
}
