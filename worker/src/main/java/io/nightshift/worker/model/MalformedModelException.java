package io.nightshift.worker.model;

/// A model file is not what it claims to be, or holds something that is not supported. The message is one
/// clause or sentence for a person, without the file's name, which [ModelImport] adds.
final class MalformedModelException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedModelException(String message) {
        super(message);
    }

    MalformedModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
