package io.nightshift.protocol.job;

import java.util.List;
import java.util.stream.Collectors;

/// Every mistake of a job file at once. The message is meant for a person: one line for each mistake, at most
/// [#PRINTED] of them.
public final class JobFileException extends RuntimeException {

    /// The most mistakes a message prints; [#mistakes()] has them all.
    public static final int PRINTED = 50;

    private static final long serialVersionUID = 1L;

    private final transient List<Mistake> mistakes;

    /// @param file the job file's name, as it is printed before a line number
    public JobFileException(String file, List<Mistake> mistakes) {
        super(message(file, mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /// In the order of their lines, those of overrides last; at least one.
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
