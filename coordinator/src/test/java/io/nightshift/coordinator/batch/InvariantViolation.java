package io.nightshift.coordinator.batch;

/// An invariant of the design does not hold.
final class InvariantViolation extends RuntimeException {

    private static final long serialVersionUID = 1;

    InvariantViolation(String message) {
        super(message);
    }

    InvariantViolation(String message, Throwable cause) {
        super(message, cause);
    }
}
