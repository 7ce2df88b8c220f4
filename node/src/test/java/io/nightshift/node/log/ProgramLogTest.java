package io.nightshift.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramLogTest {

    private static final String REGION = "org.apache.pekko.cluster.sharding.ShardRegion";

    private static LoggingEvent warning(String logger, String message) {
        return new LoggingEvent(
                ProgramLogTest.class.getName(),
                new LoggerContext().getLogger(logger),
                Level.WARN,
                message,
                null,
                new Object[0]);
    }

    private static String dropped(String entities) {
        return entities + ": Dropping [1] buffered messages to shard [96] during hand off to avoid re-ordering";
    }

    @ParameterizedTest
    @ValueSource(strings = {"sharded-daemon-process-worker", "catalogue", "register"})
    void aMessageThatIsRepeatedMayBeDroppedWithoutAWarning(String entities) {
        assertThat(ProgramLog.isDroppedInMove(warning(REGION, dropped(entities))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch", "job", "alerts"})
    void allOtherDroppedMessagesAreLogged(String entities) {
        assertThat(ProgramLog.isDroppedInMove(warning(REGION, dropped(entities))))
                .isFalse();
    }

    @Test
    void otherWarningsOfTheRegisterAreLogged() {
        assertThat(ProgramLog.isDroppedInMove(
                        warning(REGION, "register: Retry request for shard [96] homes from coordinator")))
                .isFalse();
        assertThat(ProgramLog.isDroppedInMove(warning("io.nightshift.Any", dropped("register"))))
                .isFalse();
    }

    @Test
    void aLogThatCannotBeWrittenNamesTheReason(@TempDir Path folder) throws Exception {
        Path home = Files.writeString(folder.resolve("home"), "a file");

        assertThatThrownBy(() -> ProgramLog.toFile(home.resolve("logs/nightshift.log")))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("the home folder can't be used: its log " + home)
                .hasMessageContaining("Not a directory")
                .hasMessageEndingWith("or choose another one with --home");
    }
}
