package io.nightshift.nemesis.workload;

import java.io.File;
import java.util.function.UnaryOperator;
import org.apache.iceberg.Files;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.InputFile;
import org.apache.iceberg.io.OutputFile;

/// Gives Iceberg the metadata of a table from files of this machine. Only reads.
///
/// Iceberg asks for a serializable class. An object is never serialized.
final class LocalTableFiles implements FileIO {

    private static final long serialVersionUID = 1L;

    private final transient UnaryOperator<String> paths;

    /// @param paths from a location in the table to the path of the file
    LocalTableFiles(UnaryOperator<String> paths) {
        this.paths = paths;
    }

    @Override
    public InputFile newInputFile(String location) {
        return Files.localInput(new File(paths.apply(location)));
    }

    @Override
    public OutputFile newOutputFile(String location) {
        throw new UnsupportedOperationException(location);
    }

    @Override
    public void deleteFile(String location) {
        throw new UnsupportedOperationException(location);
    }
}
