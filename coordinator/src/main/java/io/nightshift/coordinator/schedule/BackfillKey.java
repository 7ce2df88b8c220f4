package io.nightshift.coordinator.schedule;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The key of a run of a backfill.
///
/// @param id the backfill's
/// @param number the position of the run in the backfill, from 0
record BackfillKey(String id, int number) {

    private static final Pattern FORM = Pattern.compile("backfill:([A-Za-z0-9_-]+):([0-9]{1,9})");

    static @Nullable BackfillKey parse(String key) {
        Matcher matcher = FORM.matcher(key);
        return matcher.matches() ? new BackfillKey(matcher.group(1), Integer.parseInt(matcher.group(2))) : null;
    }

    @Override
    public String toString() {
        return "backfill:" + id + ":" + number;
    }
}
