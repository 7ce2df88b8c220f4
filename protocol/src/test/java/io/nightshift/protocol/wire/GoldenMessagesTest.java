package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.wire.WireTypes.WireType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every version reads the messages of each released version that may run in the same cluster.
class GoldenMessagesTest {

    private static final LocalActorSystem SYSTEM = new LocalActorSystem();
    private static final Map<String, Object> CURRENT = GoldenMessages.current(SYSTEM);
    private static final String HOW = "see «Add a message» in docs/reference/wire.md";

    @AfterAll
    static void stop() {
        SYSTEM.close();
    }

    static Stream<String> names() {
        return CURRENT.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aGoldenMessageIsReadAndWrittenUnchanged(String name) throws IOException {
        Object message = Objects.requireNonNull(CURRENT.get(name));
        KryoSerializer serializer = SYSTEM.serializer();
        byte[] golden = golden(name + ".bin");

        assertThat(serializer.fromBinary(golden, serializer.manifest(message))).isEqualTo(message);
        assertThat(serializer.toBinary(message)).as(name).isEqualTo(golden);
    }

    @Test
    void aMessageOfAnOlderVersionIsStillRead() throws IOException {
        KryoSerializer serializer = SYSTEM.serializer();
        for (Map.Entry<String, Object> old : GoldenMessages.old(SYSTEM).entrySet()) {
            assertThat(serializer.fromBinary(golden(old.getKey() + ".bin"), serializer.manifest(old.getValue())))
                    .isEqualTo(old.getValue());
        }
    }

    @Test
    void everyMessageHasAnExample() {
        List<? extends Class<?>> examples =
                CURRENT.values().stream().map(Object::getClass).toList();
        for (WireType type : WireTypes.ALL) {
            assertThat(!WireTypes.isMessage(type.type()) || examples.contains(type.type()))
                    .as(
                            "No golden message is a %s: add one to GoldenMessages; %s.",
                            type.type().getSimpleName(), HOW)
                    .isTrue();
        }
    }

    @Test
    void theTableOnlyGrows() throws IOException {
        Map<Integer, WireType> types =
                WireTypes.ALL.stream().collect(Collectors.toMap(WireType::id, Function.identity()));
        List<String> golden =
                new String(golden("types.txt"), StandardCharsets.UTF_8).lines().toList();

        for (String line : golden) {
            int id = Integer.parseInt(line.substring(0, line.indexOf(' ')));
            WireType type = types.remove(id);
            assertThat(type)
                    .as("The number %d was released as «%s» and has to stay in WireTypes.", id, line)
                    .isNotNull();
            check(Objects.requireNonNull(type), line);
        }
        assertThat(types.values())
                .as("These have no line in types.txt; %s", HOW)
                .isEmpty();
    }

    private static void check(WireType type, String released) {
        List<String> before = parts(released);
        List<String> now = parts(GoldenMessages.line(type));
        if (type.type().isEnum()) {
            assertThat(now).as("A released constant stays, by its name").containsAll(before);
            return;
        }
        assertThat(now)
                .as("%s was released: it only grows at its end; %s", type.type().getSimpleName(), HOW)
                .startsWith(before.toArray(String[]::new));
        assertThat(Arrays.stream(type.type().getRecordComponents()).skip(before.size()))
                .as("What is added to «%s» is @Nullable, primitive, a List or a Map; %s", released, HOW)
                .allMatch(component -> new WireComponent(component).hasDefault());
    }

    /// The components or constants of a line, in order.
    private static List<String> parts(String line) {
        String inside = line.replaceFirst("^[^({]*[({]", "").replaceFirst("[)}]$", "");
        return inside.isEmpty() ? List.of() : List.of(inside.split(", (?![^<]*>)", -1));
    }

    private static byte[] golden(String file) throws IOException {
        try (InputStream in = GoldenMessagesTest.class.getResourceAsStream("/golden/wire/" + file)) {
            return Objects.requireNonNull(in, () -> "no golden file %s; %s".formatted(file, HOW))
                    .readAllBytes();
        }
    }
}
