package io.nightshift.cli.init;

import java.io.Console;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Asks the person at the terminal.
@FunctionalInterface
interface Questions {

    /// Asks for a text.
    ///
    /// @param suggestion the answer to an empty line, or null if there is none
    /// @return null at the end of the input
    @Nullable
    String ask(String question, @Nullable String suggestion);

    /// Questions at the process's terminal; empty if there is none.
    static Optional<Questions> atTerminal() {
        return Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .map(console -> (question, suggestion) -> {
                    String shown = suggestion == null ? question : "%s [%s]".formatted(question, suggestion);
                    String answer = console.readLine("%s: ", shown);
                    return answer == null || !answer.isBlank() ? answer : suggestion;
                });
    }
}
