package io.nightshift.coordinator.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.alert.AlertState;
import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.schedule.JobSnapshot;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// A snapshot is read only by a version with the same format. So the name of the format must change with every
/// change of what a snapshot or the events of its entity consist of.
class SnapshotFormatTest {

    private static final BatchId A = new BatchId("flights-a");
    private static final BatchId B = new BatchId("flights-b");

    private final LedgerSerializer serializer = new LedgerSerializer();

    @Test
    void theNameOfAFormatHasItsDigest() {
        assertThat(List.of(
                        LedgerSerializer.REGISTER_SNAPSHOT,
                        LedgerSerializer.JOB_SNAPSHOT,
                        LedgerSerializer.ALERT_SNAPSHOT))
                .as("what a snapshot or an event consists of has changed: write its new digest in LedgerSerializer")
                .containsExactly(
                        "register-snapshot-" + digest(BatchRegisterSnapshot.class, BatchRegisterEvent.class),
                        "job-snapshot-" + digest(JobSnapshot.class, ScheduledJobEvent.class),
                        "alert-snapshot-" + digest(AlertState.class, AlertEvent.class));
    }

    private static String digest(Class<?>... roots) {
        Map<String, String> shapes = new TreeMap<>();
        for (Class<?> root : roots) {
            describe(root, shapes);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(shapes.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Adds the components, cases and values of a type of this project, and of all types that it uses.
    private static void describe(Type type, Map<String, String> shapes) {
        if (type instanceof ParameterizedType parameterized) {
            for (Type argument : parameterized.getActualTypeArguments()) {
                describe(argument, shapes);
            }
        }
        if (!(type instanceof Class<?> of)
                || !of.getName().startsWith("io.nightshift.")
                || shapes.containsKey(of.getName())) {
            return;
        }
        List<String> shape = new ArrayList<>();
        shapes.put(of.getName(), "");
        if (of.isRecord()) {
            for (RecordComponent component : of.getRecordComponents()) {
                shape.add(component.getName() + " " + component.getGenericType().getTypeName());
                describe(component.getGenericType(), shapes);
            }
        }
        if (of.isSealed()) {
            Arrays.stream(of.getPermittedSubclasses())
                    .sorted(Comparator.comparing(Class::getName))
                    .forEach(permitted -> {
                        shape.add(permitted.getName());
                        describe(permitted, shapes);
                    });
        }
        if (of.isEnum()) {
            Arrays.stream(of.getEnumConstants()).forEach(constant -> shape.add(((Enum<?>) constant).name()));
        }
        shapes.put(of.getName(), shape.toString());
    }

    @Test
    void aSnapshotOfTheRegisterHoldsItsWholeState() {
        Submission submission = ExampleBatch.submission(ExampleBatch.job());
        BatchRegisterState state = BatchRegisterState.EMPTY
                .apply(new BatchRegisterEvent.Opened(ExampleBatch.AT, A, submission, "monday", "nightly"))
                .apply(new BatchRegisterEvent.Ended(
                        ExampleBatch.AT, A, Phase.PUBLISHED, new PastRun(1_000, 2_000, 3, 4.5)))
                .apply(new BatchRegisterEvent.Opened(ExampleBatch.AT, B, submission, "tuesday", "nightly"))
                .apply(new BatchRegisterEvent.Archived(
                        ExampleBatch.AT,
                        A,
                        List.of(A),
                        List.of(new BatchRegisterEvent.SubmissionKey("flights", "monday")),
                        17));
        BatchRegisterSnapshot snapshot = state.snapshot();

        assertThat(snapshot.batches()).extracting(batch -> batch.batch()).containsExactly(B);
        assertThat(snapshot.jobs()).hasSize(1);
        assertThat(snapshot.keys()).extracting(use -> use.key()).containsExactly("tuesday");
        assertThat(read(snapshot)).isEqualTo(snapshot);
        assertThat(BatchRegisterState.of(snapshot).snapshot()).isEqualTo(snapshot);
    }

    @Test
    void aSnapshotOfTheAlertsHoldsTheirWholeState() {
        AlertState state = AlertState.EMPTY
                .apply(new AlertEvent.Raised(
                        ExampleBatch.AT,
                        1,
                        "flights-a/failed",
                        AlertSubject.of(A),
                        AlertCause.FAILED,
                        3,
                        "flights",
                        "it has failed",
                        List.of("ops", "page")))
                .apply(new AlertEvent.SendStarted(ExampleBatch.AT, 1, "ops", AlertStep.RAISED, 1, null))
                .apply(new AlertEvent.Delivered(ExampleBatch.AT, 1, "ops", AlertStep.RAISED));

        assertThat(read(state)).isEqualTo(state);
    }

    @Test
    void aSnapshotOfAnotherFormatIsUnreadable() {
        byte[] bytes = serializer.toBinary(BatchRegisterState.EMPTY.snapshot());

        assertThat(serializer.fromBinary(bytes, "register-snapshot-999")).isInstanceOf(UnreadableEntry.class);
        assertThat(serializer.fromBinary(new byte[] {1, 2, 3}, LedgerSerializer.REGISTER_SNAPSHOT))
                .isInstanceOf(UnreadableEntry.class);
    }

    private Object read(Object snapshot) {
        return serializer.fromBinary(serializer.toBinary(snapshot), serializer.manifest(snapshot));
    }
}
