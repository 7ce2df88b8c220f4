package io.nightshift.worker.scoring;

/// A model has failed for at least one row of the block that it was given.
public final class ModelFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    private static final int LONGEST = 1_000;

    /// @param cause what the model has thrown
    public ModelFailure(RuntimeException cause) {
        super(text(cause), cause);
    }

    private static String text(RuntimeException cause) {
        String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return message.substring(0, Math.min(LONGEST, message.length()));
    }
}
