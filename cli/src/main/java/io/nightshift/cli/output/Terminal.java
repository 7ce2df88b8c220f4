package io.nightshift.cli.output;

import java.io.Console;
import java.util.Map;
import java.util.Optional;

/// The abilities of the terminal of this process.
///
/// @param isTerminal whether a person reads the output; false if it goes to a file or another program
/// @param environment of the process
public record Terminal(boolean isTerminal, Map<String, String> environment) {

    public static Terminal ofProcess() {
        boolean isTerminal = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        return new Terminal(isTerminal, System.getenv());
    }

    /// Whether lines can be overwritten, as a progress bar does.
    public boolean canMove() {
        return isTerminal && !"dumb".equals(environment.get("TERM"));
    }

    /// Whether the output may have colours: on terminals, unless the environment's NO_COLOR is set
    /// (<https://no-color.org>).
    public boolean hasColours() {
        return canMove() && environment.getOrDefault("NO_COLOR", "").isEmpty();
    }
}
