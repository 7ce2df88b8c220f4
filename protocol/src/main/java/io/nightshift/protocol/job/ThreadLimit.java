package io.nightshift.protocol.job;

/// How many scoring threads the batches of a job use together, at most.
///
/// @param number of threads, at least 1; or per cent of all scoring threads of the cluster, 1 to 100
/// @param percent whether the number is a share
public record ThreadLimit(int number, boolean percent) {

    public ThreadLimit {
        if (number < 1 || (percent && number > 100)) {
            throw new IllegalArgumentException("a limit of " + number);
        }
    }

    /// A limit from its [#text()].
    static ThreadLimit parse(String text) {
        return text.endsWith("%")
                ? new ThreadLimit(Integer.parseInt(text.substring(0, text.length() - 1)), true)
                : new ThreadLimit(Integer.parseInt(text), false);
    }

    /// As a job file has it, such as `4` or `50%`.
    public String text() {
        return percent ? number + "%" : String.valueOf(number);
    }

    /// As a job file has it: a number, or a text.
    Object value() {
        return percent ? text() : (Object) number;
    }

    /// The limit in threads, at least 1; a part of a thread does not count.
    ///
    /// @param all scoring threads of the cluster, 0 or more
    public int of(int all) {
        return percent ? Math.max(1, (int) ((long) all * number / 100)) : number;
    }
}
