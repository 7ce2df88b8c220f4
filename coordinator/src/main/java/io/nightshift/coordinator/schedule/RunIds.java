package io.nightshift.coordinator.schedule;

import java.util.regex.Pattern;

/// The form of the IDs that callers give to runs and backfills.
final class RunIds {

    /// The refusal of any other ID.
    static final String INVALID = "The ID is invalid. Send 1 to 100 letters, digits, - and _.";

    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    private RunIds() {}

    static boolean isValid(String id) {
        return FORM.matcher(id).matches();
    }
}
