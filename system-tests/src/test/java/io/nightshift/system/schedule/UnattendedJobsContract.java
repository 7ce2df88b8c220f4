package io.nightshift.system.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.HttpReceiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// Jobs that run by themselves, and the operator who is told of them: triggers, windows, alerts, approvals,
/// retention.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class UnattendedJobsContract extends AppliedJobsContract {

    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    /// No input is so large.
    private static final String MORE_ROWS = "checks: {rows: {min: 100000000, on-fail: %s}}";

    private ZonedDateTime opens;

    private String windowed;

    /// A window opens with a minute. The other tests run until then.
    @BeforeAll
    final void submitOutsideTheWindow() throws Exception {
        opens = Clock.systemUTC()
                .instant()
                .atZone(ZoneOffset.UTC)
                .plusSeconds(120)
                .truncatedTo(ChronoUnit.MINUTES);
        String window =
                "window: {from: \"%s\", to: \"%s\"}".formatted(MINUTE.format(opens), MINUTE.format(opens.plusHours(2)));
        FlightsJob job = job("windowed", "true", window);
        windowed = command("batch", "submit", job.file().toString(), "-o", "json")
                .expect(0)
                .json()
                .get("batch")
                .asText();
        // It is opened first, and then submitted.
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(out("batch", "show", windowed))
                        .containsPattern("state +submitted")
                        .containsPattern(
                                "waits for +its window, which opens 20\\S+ %s UTC".formatted(MINUTE.format(opens))));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aBatchOutsideItsWindowStartsWhenTheWindowOpens() throws Exception {
        await().atMost(PATIENCE.multipliedBy(2)).until(() -> state(windowed).equals("published"));

        assertThat(events(windowed, "planned"))
                .singleElement()
                .satisfies(
                        event -> assertThat(ZonedDateTime.parse(event.get("at").asText()))
                                .isAfterOrEqualTo(opens));
    }

    private List<JsonNode> events(String batch, String kind) throws IOException {
        List<JsonNode> events = new ArrayList<>();
        for (String line : out("batch", "events", batch, "-o", "json").lines().toList()) {
            JsonNode event = json(line);
            if (event.get("event").asText().equals(kind)) {
                events.add(event);
            }
        }
        return events;
    }

    @Test
    void eachStateOfASourceStartsOneRun() throws Exception {
        FlightsJob rows = job("rows", "true", "trigger: {when: {rows: 100}, every: 1s}");
        rows.write("FROM flights LIMIT 100");
        FlightsJob files = job("files", "true", "trigger: {when: {files: 2}, every: 1s}");
        Path inputs = Files.createDirectory(files.folder().resolve("inputs"));
        files.edit("parquet: " + files.input(), "parquet: " + inputs + "/*.parquet");
        Files.copy(rows.input(), inputs.resolve("a.parquet"));
        FlightsJob marked = job("marked", "true");
        Path marker = marked.folder().resolve("_READY");
        Files.writeString(
                marked.file(),
                "trigger: {when: {marker: \"%s\"}, every: 1s}\n".formatted(marker),
                StandardOpenOption.APPEND);
        List.of(rows, files, marked).forEach(this::apply);

        awaitPublished("rows", 1);
        assertThat(runs("files")).as("one file of two").isEmpty();
        assertThat(runs("marked")).as("no marker").isEmpty();

        // At once, as a program that delivers files: a look between two writes would see another state.
        Files.move(
                Files.copy(rows.input(), files.folder().resolve("b.parquet")),
                inputs.resolve("b.parquet"),
                StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(marker, "");
        awaitPublished("files", 1);
        awaitPublished("marked", 1);

        // The job with the files has seen the same two for several seconds when the others have run again.
        rows.write("FROM flights LIMIT 200");
        marked.write("FROM flights LIMIT 300");
        Files.move(
                Files.writeString(marked.folder().resolve("next"), "another one"),
                marker,
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.ATOMIC_MOVE);
        awaitPublished("rows", 2);
        awaitPublished("marked", 2);
        assertThat(runs("rows")).hasSize(2);
        assertThat(runs("marked")).hasSize(2);
        assertThat(runs("files")).singleElement().satisfies(run -> {
            assertThat(run.get("cause").asText()).isEqualTo("trigger");
            assertThat(run.at("/totals/rows").asInt()).isEqualTo(200);
        });
        assertThat(rows.published()).hasSize(2);
        assertThat(files.published()).hasSize(1);
        assertThat(marked.published()).hasSize(2);
    }

    @Test
    void aFailedBatchIsOneIncidentUntilItEnds() throws Exception {
        AtomicBoolean refused = new AtomicBoolean();
        receiver().behave(exchange -> HttpReceiver.respond(exchange, refused.getAndSet(true) ? 200 : 503, ""));
        FlightsJob job = job("failing", "true", MORE_ROWS.formatted("fail"), "alerts: [{on: [failed], to: ops}]");
        apply(job);
        command("job", "trigger", "failing").expect(0);
        String batch = awaitBatch("failing", "failed");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(messages()).hasSize(2));
        assertThat(out("alert", "list", "--open")).contains("failed", "batch " + batch);

        command("batch", "retry", batch).expect(0);
        await().atMost(PATIENCE).until(() -> events(batch, "failed").size() == 2);
        command("batch", "cancel", batch).expect(0);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(messages()).hasSize(3));
        assertThat(messages())
                .as("the first message was refused, and sent again")
                .extracting(message -> message.get("event").asText())
                .containsExactly("raised", "raised", "resolved");
        assertThat(messages())
                .extracting(message -> message.get("key").asText())
                .containsOnly(messages().getFirst().get("key").asText());
        assertThat(messages().getFirst().at("/subject/name").asText()).isEqualTo(batch);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(list(command("alert", "list", "-o", "json")))
                        .singleElement()
                        .satisfies(alert -> {
                            assertThat(alert.get("state").asText()).isEqualTo("resolved");
                            assertThat(alert.at("/deliveries/0/state").asText()).isEqualTo("delivered");
                        }));
    }

    /// The messages about incidents.
    private List<JsonNode> messages() throws IOException {
        List<JsonNode> messages = received();
        messages.removeIf(UnattendedJobsContract::isTest);
        return messages;
    }

    private List<JsonNode> received() throws IOException {
        List<JsonNode> messages = new ArrayList<>();
        for (HttpReceiver.Request request : receiver().requests()) {
            messages.add(json(request.body()));
        }
        return messages;
    }

    private static boolean isTest(JsonNode message) {
        return message.get("event").asText().equals("test");
    }

    @Test
    void aChannelIsTestedByANodeAndAJobWithAnUnknownChannelIsRefused() throws Exception {
        receiver().behave(exchange -> HttpReceiver.respond(exchange, 200, "the answer"));
        Path own = Files.writeString(folder().resolve("channels.conf"), channels());
        String home = folder().resolve("no-server").toString();

        CommandResult byNode = system().commandOverHttp("alert", "test", "ops").expect(0);
        CommandResult byCommand = InProcess.run("alert", "test", "ops", "--config", own.toString(), "--home", home)
                .expect(0);

        assertThat(byNode.out()).isEqualTo("ops: the message is delivered. The answer: 200 the answer\n");
        assertThat(byCommand.out()).isEqualTo(byNode.out());
        system().commandOverHttp("alert", "test", "opz").expect(2, "There is no channel opz; did you mean ops?");
        assertThat(received()).filteredOn(UnattendedJobsContract::isTest).hasSize(2);
        receiver().behave(exchange -> HttpReceiver.respond(exchange, 503, "the answer"));
        assertThat(system().commandOverHttp("alert", "test", "ops").expect(1).out())
                .isEqualTo("ops: the message is not delivered: the receiver answered with status 503: the answer\n");
        FlightsJob job = job("unheard", "true", "alerts: [{on: [failed], to: oops}]");
        command("batch", "submit", job.file().toString())
                .expect(2, "alerts: there is no channel oops; did you mean ops?");
    }

    @Test
    void aHeldBatchIsPublishedWhenItIsApproved() throws Exception {
        FlightsJob job = job("held", "true", MORE_ROWS.formatted("hold"));
        apply(job);
        command("job", "trigger", "held").expect(0);
        String batch = awaitBatch("held", "held");
        assertThat(job.published()).isEmpty();
        assertThat(out("batch", "show", batch)).containsPattern("check failed +rows.min is .* \\(hold\\)");

        assertThat(out("batch", "approve", batch, "--reason", "a short night")).contains("Approved batch " + batch);

        awaitPublished("held", 1);
        assertThat(job.published()).hasSize(1);
        assertThat(out("batch", "show", batch)).containsPattern("approved +20.*a short night");
        command("batch", "approve", batch).expect(1, "it is published");
    }

    @Test
    void publishedBatchesAreRemovedByTheRetentionAndOnRequest() throws Exception {
        FlightsJob job = job("kept", "date::DATE = {day}", "parameters: {day: date}");
        job.edit("parquet: predictions", "parquet: predictions\n  retention: {keep: 2}");
        apply(job);
        List<String> batches = new ArrayList<>();
        for (String day : List.of("2001-01-02", "2001-01-03", "2001-01-04")) {
            command("job", "trigger", "kept", "--param", "day=" + day).expect(0);
            awaitPublished("kept", batches.size() + 1);
            batches.add(runs("kept").getFirst().get("batch").asText());
        }
        await().atMost(PATIENCE)
                .until(() -> out("batch", "show", batches.getFirst()).contains(" removed by retention on "));
        assertThat(published(job)).containsExactlyElementsOf(batches.subList(1, 3));

        command("batch", "delete", batches.getLast()).expect(1, "it is the newest published batch of job kept");
        assertThat(out("batch", "delete", batches.get(1), "--dry-run")).contains("Nothing was deleted");
        assertThat(published(job)).hasSize(2);
        out("batch", "delete", batches.get(1), "--reason", "a wrong model");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(out("batch", "show", batches.get(1)))
                        .containsPattern(" deleted by \\S+ on \\S+: a wrong model"));
        assertThat(published(job)).containsExactly(batches.getLast());
        assertThat(runs("kept")).as("the runs stay").hasSize(3);
    }

    private static List<String> published(FlightsJob job) throws IOException {
        return job.published().stream()
                .map(path -> String.valueOf(path.getFileName()).replace("batch=", ""))
                .toList();
    }
}
