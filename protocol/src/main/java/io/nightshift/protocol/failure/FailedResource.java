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
        DATABASE,
        /// A file, most often of the input, that one node does not see or may not read.
        INPUT,
        /// The model registry of one node.
        REGISTRY,
        /// The folder in which one node keeps temporary files, or its open files.
        SCRATCH,
        /// A native library of one node.
        LIBRARY,
        /// A file system that does not answer one node.
        MOUNT,
        /// The destination of a job or the model registry, if it is missing or can't be written. It may come back,
        /// or the job names a wrong one.
        PLACE;

        /// The name of the type, for people.
        public String title() {
            return switch (this) {
                case STORAGE -> "storage";
                case DATABASE -> "database";
                case INPUT -> "input file";
                case REGISTRY -> "model registry";
                case SCRATCH -> "folder for temporary files";
                case LIBRARY -> "native library";
                case MOUNT -> "file system";
                case PLACE -> "place";
            };
        }

        /// Whether the resource belongs to one node, so that another node may not miss it.
        public boolean isOfNode() {
            return switch (this) {
                case INPUT, REGISTRY, SCRATCH, LIBRARY, MOUNT, PLACE -> true;
                case STORAGE, DATABASE -> false;
            };
        }
    }

    /// The most characters of a name.
    public static final int LONGEST = 1_024;

    public FailedResource {
        name = Failure.shortened(name, LONGEST);
    }
}
