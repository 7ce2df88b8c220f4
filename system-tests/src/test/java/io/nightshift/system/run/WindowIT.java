package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A `run` of a job with a window, a priority and a deadline.
final class WindowIT {

    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    @TempDir
    private Path folder;

    private final Instant opens = Clock.systemUTC().instant().plus(Duration.ofHours(2));

    private FlightsJob job() throws IOException {
        FlightsJob job = FlightsJob.in(folder);
        String times = """

                time-zone: UTC
                window: {from: "%s", to: "%s"}
                deadline: "%s"
                priority: 7
                """.formatted(minute(2), minute(3), minute(4));
        Files.writeString(job.file(), times, StandardOpenOption.APPEND);
        return job;
    }

    private String minute(int hours) {
        return MINUTE.format(opens.plus(Duration.ofHours(hours - 2L)).atZone(ZoneOffset.UTC));
    }

    private CommandResult nightshift(String... arguments) throws IOException, InterruptedException {
        return InProcess.run(arguments);
    }

    @Test
    void aRunWaitsForTheWindowUnlessItIgnoresIt() throws Exception {
        FlightsJob job = job();
        String home = job.home().toString();
        try (ProgramProcess waiting = ProgramProcess.start(folder, job.run())) {
            await().atMost(Duration.ofMinutes(2)).until(() -> waiting.err().contains("Waiting"));
            assertThat(waiting.err())
                    .containsPattern("Waiting: its window, which opens 20\\S+ %s UTC\\. To score now: nightshift run .*"
                                    .formatted(minute(2))
                            + "--ignore-window");
        }
        CommandResult shown =
                nightshift("batch", "show", "latest", "--home", home).expect(0);
        assertThat(shown.out())
                .containsPattern("state +submitted")
                .containsPattern("priority +7")
                .containsPattern("deadline +20\\S+ %s UTC".formatted(minute(4)))
                .containsPattern("waits for +its window, which opens 20\\S+ %s UTC".formatted(minute(2)));
        assertThat(nightshift("plan", job.file().toString(), "--home", home)
                        .expect(0)
                        .out())
                .containsPattern("window +%s to %s UTC, opens 20".formatted(minute(2), minute(3)))
                .containsPattern("deadline +20\\S+ %s UTC".formatted(minute(4)));

        List<String> now = job.run("--ignore-window");
        CommandResult end = nightshift(now.toArray(String[]::new)).expect(0);

        assertThat(end.json().get("resumed").asBoolean()).isTrue();
        assertThat(end.json().get("predictions").asInt()).isEqualTo(FlightsJob.ROWS);
        assertThat(nightshift("batch", "events", "latest", "--home", home)
                        .expect(0)
                        .out())
                .contains("window ignored", "by local: the batch may score outside its window");
        assertThat(nightshift("batch", "verify", "latest", "--home", home).status())
                .isZero();
    }
}
