package io.nightshift.protocol.failure;

/// A resource that failed. Its failure says nothing about the rows or the job.
///
/// @param type the type of the resource
/// @param name the file, folder or database, as the message names it; cut to [#LONGEST] characters
public record FailedResource(Type type, String name) {

    /// The type of a resource.
    public enum Type {
        /// The file system with the input or the output.
        STORAGE,
        /// A database to which predictions are written.
        DATABASE
    }

    /// The most characters of a name.
    public static final int LONGEST = 1_024;

    public FailedResource {
        name = Failure.shortened(name, LONGEST);
    }
}
