package io.nightshift.protocol.job;

/// Restricts each batch of a job to the files that no earlier batch has read. A file is known by its path,
/// its length, and its modification time or ETag, so a file that was replaced is another one.
///
/// @param full whether the batch reads all files, also those that an earlier batch has read
public record NewFiles(boolean full) implements Incremental {

    @Override
    public NewFiles startingOver() {
        return new NewFiles(true);
    }
}
