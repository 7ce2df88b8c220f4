package io.nightshift.protocol.job;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import java.util.Locale;
import java.util.regex.Pattern;

/// Says in words when a cron expression comes, such as `at 02:00 every day`. The words of the library, with
/// its English put right.
final class CronWords {

    private static final String LIST = "(?:(?:, | and )\\w+)*";
    private static final Pattern WEEKDAYS = Pattern.compile("\\bat ([A-Z][a-z]+" + LIST + ") days?\\b");
    private static final Pattern DAYS = Pattern.compile("\\bat ([0-9]+" + LIST + ") days?\\b");
    private static final Pattern MONTHS = Pattern.compile("\\bat ([A-Z][a-z]+" + LIST + ") months?\\b");
    private static final Pattern RANGE = Pattern.compile("\\bevery (day|month) between (\\w+) and (\\w+)");
    private static final Pattern TIME_ONLY = Pattern.compile("at [0-9:, and]+");

    private CronWords() {}

    static String of(Cron cron) {
        String words = CronDescriptor.instance(Locale.UK).describe(cron).strip();
        words = WEEKDAYS.matcher(words).replaceAll("on $1");
        words = DAYS.matcher(words)
                .replaceAll(days ->
                        "on %s %s of the month".formatted(days.group(1).contains(" ") ? "days" : "day", days.group(1)));
        words = MONTHS.matcher(words).replaceAll("in $1");
        words = RANGE.matcher(words).replaceAll("every $1 from $2 to $3");
        return TIME_ONLY.matcher(words).matches() ? words + " every day" : words;
    }
}
