package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/// The line of a progress bar: a bar, then rows, rate and time, then what else fits into the terminal.
///
/// @param status that the line shows; its number of rows is known
/// @param elapsed the time that the rate is measured over
/// @param rowsPerSecond empty while nothing is known
/// @param symbols what the terminal can show
/// @param now the time, for the forecast
record ProgressLine(
        BatchDescription status, Duration elapsed, OptionalDouble rowsPerSecond, Symbols symbols, Instant now) {

    private static final int LONGEST_BAR = 30;
    private static final int SHORTEST_BAR = 4;

    /// The line, at most `width` columns wide.
    String text(int width) {
        long done = Math.min(status.rowsDone(), status.rows());
        double share = (double) done / status.rows();
        String left = String.format(Locale.ROOT, "%3d%%", (int) Math.floor(100 * share));
        String right = "";
        for (String part : parts(done)) {
            right = added(right, part, width - left.length() - 1);
        }
        for (String part : more()) {
            right = added(right, part, width - left.length() - SHORTEST_BAR - 2);
        }
        int bar = Math.min(LONGEST_BAR, width - left.length() - right.length() - 2);
        String line = bar < SHORTEST_BAR ? left + " " + right : left + " " + bar(share, bar) + " " + right;
        return line.length() <= width ? line : line.substring(0, Math.max(0, width));
    }

    private static String added(String text, String part, int width) {
        String longer = text.isEmpty() ? part : text + ", " + part;
        return longer.length() <= width ? longer : text;
    }

    private List<String> parts(long done) {
        List<String> parts = new ArrayList<>(List.of(rows(done)));
        rowsPerSecond.ifPresent(rate -> parts.add(String.format(Locale.ROOT, "%,.0f rows/s", rate)));
        parts.addAll(time(done));
        return parts;
    }

    private boolean isFinished() {
        return status.rowsDone() >= status.rows();
    }

    private String rows(long done) {
        return isFinished()
                ? String.format(Locale.ROOT, "%,d rows", status.rows())
                : String.format(Locale.ROOT, "%,d/%,d rows", done, status.rows());
    }

    /// The time that was needed, or the time that is left.
    private List<String> time(long done) {
        if (isFinished()) {
            return List.of(duration(elapsed));
        }
        if (status.state().equals("paused") || status.state().equals("held")) {
            return List.of(status.state());
        }
        String forecast = TimingText.left(status, now);
        if (forecast != null) {
            return List.of(forecast);
        }
        return rowsPerSecond.isEmpty()
                ? List.of()
                : List.of(duration(Duration.ofSeconds(Math.round((status.rows() - done) / rowsPerSecond.getAsDouble())))
                        + " left");
    }

    private List<String> more() {
        return List.of(
                String.format(Locale.ROOT, "%,d/%,d partitions", status.committed(), status.partitions()),
                String.format(Locale.ROOT, "%,d quarantined", status.quarantined()));
    }

    private String bar(double share, int length) {
        int full = (int) (share * length);
        String done = symbols.plain() ? "#" : "█";
        String open = symbols.plain() ? "." : "░";
        return done.repeat(full) + open.repeat(length - full);
    }

    /// A time for people: `4.2 s`, `12 min 5 s`, `3 h 20 min`.
    static String duration(Duration time) {
        if (time.toSeconds() < 60) {
            return time.toMillisPart() == 0
                    ? time.toSeconds() + " s"
                    : String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
        }
        return time.toMinutes() < 60
                ? "%d min %d s".formatted(time.toMinutes(), time.toSecondsPart())
                : String.format(Locale.ROOT, "%,d h %d min", time.toHours(), time.toMinutesPart());
    }
}
