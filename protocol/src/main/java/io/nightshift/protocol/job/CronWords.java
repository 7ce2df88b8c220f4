package io.nightshift.protocol.job;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Says in words when a cron expression comes, such as `at 02:00 every day`. The words of the library, with
/// its English put right.
final class CronWords {

    private static final String LIST = "(?:(?:, | and )\\w+)*";
    private static final Pattern WEEKDAYS = Pattern.compile("\\bat ([A-Z][a-z]+" + LIST + ") days?\\b");
    private static final Pattern DAYS = Pattern.compile("\\bat ([0-9]+" + LIST + ") days?\\b");
    private static final Pattern MINUTES = Pattern.compile("\\bat ([0-9]+" + LIST + ") minutes\\b");
    private static final Pattern MONTHS = Pattern.compile("\\bat ([A-Z][a-z]+" + LIST + ") months?\\b");
    private static final Pattern RANGE = Pattern.compile("\\bevery (day|month) between (\\w+) and (\\w+)");
    private static final Pattern TIME_ONLY = Pattern.compile("at [0-9:, and]+");

    private static final Pattern STEP = Pattern.compile("\\*/([0-9]{1,2})");

    private CronWords() {}

    /// The same expression, with a list in place of each step that does not divide its hour or day. The library
    /// says «every 45 minutes» for `*/45`, which comes at minutes 0 and 45.
    static String listed(String expression) {
        String[] fields = expression.split(" ");
        int hours = fields.length - 4;
        for (int i = 0; i <= hours; i++) {
            int values = i == hours ? 24 : 60;
            Matcher step = STEP.matcher(fields[i]);
            if (step.matches() && values % Integer.parseInt(step.group(1)) != 0) {
                fields[i] = IntStream.iterate(0, next -> next < values, next -> next + Integer.parseInt(step.group(1)))
                        .mapToObj(String::valueOf)
                        .collect(Collectors.joining(","));
            }
        }
        return String.join(" ", fields);
    }

    static String of(Cron cron) {
        String words = CronDescriptor.instance(Locale.UK).describe(cron).strip();
        words = WEEKDAYS.matcher(words).replaceAll("on $1");
        words = DAYS.matcher(words)
                .replaceAll(days ->
                        "on %s %s of the month".formatted(days.group(1).contains(" ") ? "days" : "day", days.group(1)));
        words = MINUTES.matcher(words).replaceAll("at minutes $1 of the hour");
        words = MONTHS.matcher(words).replaceAll("in $1");
        words = RANGE.matcher(words).replaceAll("every $1 from $2 to $3");
        return TIME_ONLY.matcher(words).matches() ? words + " every day" : words;
    }
}
