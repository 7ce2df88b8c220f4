package io.nightshift.protocol.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.protocol.register.RegisteredBatch;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Events are stored for years: every version reads the events of each released version.
class EventCodecTest {

    private static final CBORMapper CBOR = new CBORMapper();

    static Stream<String> batchNames() {
        return GoldenEvents.batch().keySet().stream();
    }

    static Stream<String> jobsNames() {
        return GoldenEvents.register().keySet().stream();
    }

    static Stream<String> alertNames() {
        return GoldenEvents.alerts().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("alertNames")
    void aGoldenAlertEventIsReadAndWrittenUnchanged(String name) throws IOException {
        AlertEvent expected = Objects.requireNonNull(GoldenEvents.alerts().get(name));

        assertThat(EventCodec.decodeAlertEvent(golden("alerts/" + name))).isEqualTo(expected);
        assertThat(EventCodec.encodeAlertEvent(expected)).isEqualTo(golden("alerts/" + name));
    }

    @ParameterizedTest
    @MethodSource("batchNames")
    void aGoldenBatchEventIsReadAndWrittenUnchanged(String name) throws IOException {
        BatchEvent expected = expectedOf(name);

        assertThat(EventCodec.decode(golden("batch/" + name))).isEqualTo(expected);
        assertThat(EventCodec.encode(expected)).isEqualTo(golden("batch/" + name));
    }

    @ParameterizedTest
    @MethodSource("jobsNames")
    void aGoldenRegisterEventIsReadAndWrittenUnchanged(String name) throws IOException {
        BatchRegisterEvent expected =
                Objects.requireNonNull(GoldenEvents.register().get(name));

        assertThat(EventCodec.decodeRegisterEvent(golden("register/" + name))).isEqualTo(expected);
        assertThat(EventCodec.encodeRegisterEvent(expected)).isEqualTo(golden("register/" + name));
    }

    @Test
    void everyGoldenEventOfAnAppliedJobIsReadAndWrittenUnchanged() throws IOException {
        for (Map.Entry<String, ScheduledJobEvent> event : GoldenEvents.jobs().entrySet()) {
            byte[] golden = golden("job/" + event.getKey());
            assertThat(EventCodec.decodeJobEvent(golden)).isEqualTo(event.getValue());
            assertThat(EventCodec.encodeJobEvent(event.getValue())).isEqualTo(golden);
        }
        for (Map.Entry<String, JobCatalogueEvent> event :
                GoldenEvents.catalogue().entrySet()) {
            byte[] golden = golden("catalogue/" + event.getKey());
            assertThat(EventCodec.decodeCatalogueEvent(golden)).isEqualTo(event.getValue());
            assertThat(EventCodec.encodeCatalogueEvent(event.getValue())).isEqualTo(golden);
        }
    }

    @Test
    void goldenBatchesOfTheArchiveAreReadAndWrittenUnchanged() throws IOException {
        for (Map.Entry<String, RegisteredBatch> batch : GoldenEvents.archive().entrySet()) {
            byte[] golden = golden("archive/" + batch.getKey());
            assertThat(EventCodec.decodeArchived(golden)).isEqualTo(batch.getValue());
            assertThat(EventCodec.encodeArchived(batch.getValue())).isEqualTo(golden);
        }
        for (Map.Entry<String, BatchRegisterSnapshot> snapshot :
                GoldenEvents.snapshots().entrySet()) {
            byte[] golden = golden("snapshot/" + snapshot.getKey());
            assertThat(EventCodec.decodeSnapshot(BatchRegisterSnapshot.class, golden))
                    .isEqualTo(snapshot.getValue());
            assertThat(EventCodec.encodeSnapshot(BatchRegisterSnapshot.class, snapshot.getValue()))
                    .isEqualTo(golden);
        }
    }

    @Test
    void everyTypeOfEventHasAGoldenFile() throws IOException {
        assertThat(typesIn("job", GoldenEvents.jobs(), EventCodec::decodeJobEvent))
                .isEqualTo(permitted(ScheduledJobEvent.class));
        assertThat(typesIn("catalogue", GoldenEvents.catalogue(), EventCodec::decodeCatalogueEvent))
                .isEqualTo(permitted(JobCatalogueEvent.class));
        assertThat(typesIn("batch", GoldenEvents.batch(), EventCodec::decode)).isEqualTo(permitted(BatchEvent.class));
        assertThat(typesIn("register", GoldenEvents.register(), EventCodec::decodeRegisterEvent))
                .isEqualTo(permitted(BatchRegisterEvent.class));
        assertThat(typesIn("alerts", GoldenEvents.alerts(), EventCodec::decodeAlertEvent))
                .isEqualTo(permitted(AlertEvent.class));
    }

    @ParameterizedTest
    @MethodSource("batchNames")
    void fieldsOfALaterVersionAreIgnored(String name) throws IOException {
        JsonNode tree = CBOR.readTree(golden("batch/" + name));
        objects(tree).forEach(node -> node.put("from-the-future", 1));

        assertThat(EventCodec.decode(CBOR.writeValueAsBytes(tree))).isEqualTo(expectedOf(name));
    }

    @ParameterizedTest
    @MethodSource("batchNames")
    void aFieldThatAnEarlierVersionDidNotHaveIsNullZeroOrEmpty(String name) throws IOException {
        List<String> fields = new ArrayList<>();
        CBOR.readTree(golden("batch/" + name)).fieldNames().forEachRemaining(fields::add);
        fields.remove("event");
        for (String field : fields) {
            ObjectNode tree = (ObjectNode) CBOR.readTree(golden("batch/" + name));
            tree.remove(field);
            assertThat(EventCodec.decode(CBOR.writeValueAsBytes(tree)))
                    .as("%s without %s", name, field)
                    .hasSameClassAs(expectedOf(name));
        }
    }

    @Test
    void listsAndMapsThatAnEarlierVersionDidNotHaveAreEmpty() throws IOException {
        ObjectNode tree = (ObjectNode) CBOR.readTree(golden("batch/submitted-full"));
        ((ObjectNode) tree.at("/job")).remove("features");
        ((ObjectNode) tree.at("/job/source")).remove("select");
        ((ObjectNode) tree.at("/job/output")).remove("columns");

        BatchEvent.Submitted submitted = (BatchEvent.Submitted) EventCodec.decode(CBOR.writeValueAsBytes(tree));

        assertThat(submitted.job().features()).isEmpty();
        assertThat(submitted.job().source().select()).isEmpty();
        assertThat(submitted.job().output().columns()).isEmpty();
    }

    @Test
    void onlyComponentsAreWrittenAndNoComputedValues() throws IOException {
        assertThat(CBOR.readTree(golden("batch/failed")).at("/failure").properties())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder("kind", "message");
    }

    @Test
    void bytesThatAreNoEventAreRefused() {
        assertThatThrownBy(() -> EventCodec.decode(new byte[] {1, 2, 3})).isInstanceOf(UncheckedIOException.class);
        assertThatThrownBy(() -> EventCodec.decode(
                        CBOR.writeValueAsBytes(CBOR.createObjectNode().put("at", "2026-11-24T23:14:25Z"))))
                .isInstanceOf(UncheckedIOException.class)
                .isNotInstanceOf(NewerEventException.class);
    }

    @Test
    void anEventOrValueOfALaterVersionIsRefusedByName() throws IOException {
        ObjectNode kind = (ObjectNode) CBOR.readTree(golden("batch/paused"));
        kind.put("event", "shadowed");
        ObjectNode value = (ObjectNode) CBOR.readTree(golden("register/ended-published"));
        value.put("phase", "SHADOWED");
        byte[] ofBatch = CBOR.writeValueAsBytes(kind);
        byte[] ofRegister = CBOR.writeValueAsBytes(value);

        assertThatThrownBy(() -> EventCodec.decode(ofBatch))
                .isInstanceOf(NewerEventException.class)
                .hasMessage("'shadowed' is unknown to this version of Nightshift; a newer version wrote it");
        assertThatThrownBy(() -> EventCodec.decodeRegisterEvent(ofRegister))
                .isInstanceOf(NewerEventException.class)
                .hasMessageStartingWith("'SHADOWED' is unknown");
    }

    private static BatchEvent expectedOf(String name) {
        return Objects.requireNonNull(GoldenEvents.batch().get(name));
    }

    private static List<ObjectNode> objects(JsonNode node) {
        List<ObjectNode> found = new ArrayList<>();
        if (node instanceof ObjectNode object) {
            found.add(object);
        }
        node.properties().forEach(child -> {
            // The keys of these maps are names of the user, not fields.
            boolean isMap = Set.of(
                                    "select",
                                    "folders",
                                    "unseenCategories",
                                    "parameters",
                                    "on",
                                    "asOf",
                                    "labels",
                                    "rename",
                                    "thresholds")
                            .contains(child.getKey())
                    || (Set.of("columns", "features").contains(child.getKey())
                            && child.getValue().isObject());
            if (!isMap) {
                found.addAll(objects(child.getValue()));
            }
        });
        if (node.isArray()) {
            node.forEach(child -> found.addAll(objects(child)));
        }
        return found;
    }

    @FunctionalInterface
    private interface Decoder {
        Object decode(byte[] bytes);
    }

    private static Set<Class<?>> typesIn(String folder, Map<String, ?> names, Decoder decoder) throws IOException {
        List<Class<?>> types = new ArrayList<>();
        for (String name : names.keySet()) {
            types.add(decoder.decode(golden(folder + "/" + name)).getClass());
        }
        return Set.copyOf(types);
    }

    private static Set<Class<?>> permitted(Class<?> type) {
        return Arrays.stream(type.getPermittedSubclasses()).collect(Collectors.toSet());
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = EventCodecTest.class.getResourceAsStream("/golden/" + name + ".cbor")) {
            return Objects.requireNonNull(in, () -> "no golden file " + name).readAllBytes();
        }
    }
}
