package io.nightshift.delta.source;

import io.nightshift.delta.DeltaEngine;
import io.nightshift.delta.DiskFiles;
import io.nightshift.delta.ObjectFiles;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.lake.LakePlugin;
import io.nightshift.source.lake.LakeTable;
import io.nightshift.storage.dataset.Dataset;

/// Delta tables as sources, for programs with this module.
public final class DeltaTables implements LakePlugin {

    @Override
    public Class<DeltaInput> type() {
        return DeltaInput.class;
    }

    @Override
    public Tables open(Services services) {
        return new Folders(
                new DeltaEngine(DiskFiles.readOnly(services.files().roots()), services.duckDb()),
                new DeltaEngine(ObjectFiles.readOnly(services.files().copies()), services.duckDb()),
                new DeletionVectors(services.files()),
                new KnownVersions());
    }

    private record Folders(DeltaEngine disk, DeltaEngine objects, DeletionVectors vectors, KnownVersions versions)
            implements Tables {

        @Override
        public LakeTable of(Input input) {
            DeltaInput table = (DeltaInput) input;
            TableFolder folder = TableFolder.of(table.table());
            return new DeltaSource(table, folder, folder.isObjects() ? objects : disk, vectors, versions);
        }

        @Override
        public Dataset dataset(Input input) {
            return Dataset.ofFiles(((DeltaInput) input).table());
        }
    }
}
