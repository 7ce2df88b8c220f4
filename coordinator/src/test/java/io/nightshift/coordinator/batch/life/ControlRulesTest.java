package io.nightshift.coordinator.batch.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/// Compares the rules with the table in the documentation, which is written by hand.
class ControlRulesTest {

    private static final Path PAGE = Path.of("../docs/how-to/control.md");
    private static final ActorRef<ControlReply> OPERATOR =
            TestInbox.<ControlReply>create().getRef();

    private static Map<String, BatchCommand.Control> controls() {
        Map<String, BatchCommand.Control> controls = new LinkedHashMap<>();
        controls.put("pause", new BatchCommand.Pause("", OPERATOR));
        controls.put("resume", new BatchCommand.Resume(OPERATOR));
        controls.put("cancel", new BatchCommand.Cancel("", OPERATOR));
        controls.put("retry", new BatchCommand.Retry(OPERATOR));
        controls.put("rescore", new BatchCommand.Rescore(List.of(0), OPERATOR));
        controls.put("ignore-window", new BatchCommand.IgnoreWindow(OPERATOR, "ops"));
        controls.put("approve", new BatchCommand.Approve("", OPERATOR, "ops"));
        controls.put("delete", new BatchCommand.Delete("", OPERATOR, "ops"));
        controls.put("redrive", new BatchCommand.Redrive(null, null, "", OPERATOR, "ops"));
        return controls;
    }

    @Test
    void thePageShowsWhichControlIsPossibleInWhichPhase() throws IOException {
        StringBuilder table = new StringBuilder("| |");
        for (Phase phase : Phase.values()) {
            table.append(" %s |".formatted(phase));
        }
        table.append("\n|").append("---|".repeat(Phase.values().length + 1)).append('\n');
        controls().forEach((name, control) -> {
            String row = Arrays.stream(Phase.values())
                    .map(phase -> switch (ControlRules.verdict(phase, control)) {
                        case POSSIBLE -> "yes";
                        case HOLDS_ALREADY -> "holds";
                        case REFUSED -> "no";
                    })
                    .collect(Collectors.joining(" | "));
            table.append("| `%s` | %s |\n".formatted(name, row));
        });

        assertThat(Files.readString(PAGE)).contains(table);
    }
}
