package io.nightshift.protocol.job;

import java.util.List;
import java.util.stream.Collectors;

/// A job file has mistakes. The message is for people: one line for each of the first [#PRINTED] mistakes.
public final class JobFileException extends RuntimeException {

    /// The most mistakes in a message; [#mistakes()] returns all of them.
    public static final int PRINTED = 50;

    private static final long serialVersionUID = 1L;

    private final transient List<Mistake> mistakes;

    /// Creates the exception.
    ///
    /// @param file the job file's name, which the message prints before each line number
    /// @param mistakes the mistakes; at least one
    public JobFileException(String file, List<Mistake> mistakes) {
        super(message(file, mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /// All mistakes, ordered by line, with those in overrides last; at least one.
    public List<Mistake> mistakes() {
        return mistakes;
    }

    private static String message(String file, List<Mistake> mistakes) {
        String printed = mistakes.stream()
                .limit(PRINTED)
                .map(mistake -> mistake.in(file))
                .collect(Collectors.joining("\n"));
        return mistakes.size() <= PRINTED ? printed : printed + "\nand " + (mistakes.size() - PRINTED) + " more";
    }
}
