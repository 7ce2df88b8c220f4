package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.nightshift.protocol.wire.WireTypes.WireType;
import java.io.File;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

class WireTypesTest {

    private static final Set<Class<?>> BUILT_IN =
            Set.of(String.class, List.class, Map.class, Instant.class, Duration.class, JsonNode.class, ActorRef.class);

    @Test
    void everyClassThatCrossesNodesHasANumber() {
        Set<Class<?>> numbered = WireTypes.ALL.stream().map(WireType::type).collect(Collectors.toSet());
        int next = WireTypes.ALL.stream().mapToInt(WireType::id).max().orElseThrow() + 1;

        for (Class<?> type : reachable()) {
            assertThat(!(type.isRecord() || type.isEnum()) || numbered.contains(type))
                    .as(
                            "%s crosses nodes but has no number: add «new WireType(%d, %s.class)» to WireTypes.",
                            type.getName(), next, type.getSimpleName())
                    .isTrue();
        }
        assertThat(reachable())
                .as("only records, enums and sealed interfaces of them cross nodes")
                .allMatch(type -> type.isRecord()
                        || type.isEnum()
                        || type.isSealed()
                        || type.isPrimitive()
                        || Number.class.isAssignableFrom(type)
                        || BUILT_IN.contains(type));
        assertThat(numbered).as("numbered, but nothing holds it").isSubsetOf(reachable());
    }

    @Test
    void everyFamilyOfMessagesIsBoundToTheSerializer() {
        Map<String, Object> bindings = ConfigFactory.load()
                .getObject("pekko.actor.serialization-bindings")
                .unwrapped();

        assertThat(WireTypes.MESSAGES)
                .allSatisfy(type -> assertThat(bindings)
                        .as("«\"%s\" = nightshift-wire» belongs in protocol's reference.conf", type.getName())
                        .containsEntry(type.getName(), "nightshift-wire"));
        assertThat(ConfigFactory.load().getBoolean("pekko.actor.allow-java-serialization"))
                .isFalse();
    }

    @Test
    void everyReplyIsAMessage() {
        assertThat(reachable()).filteredOn(type -> type.isRecord()).allSatisfy(type -> {
            for (RecordComponent component : type.getRecordComponents()) {
                if (component.getType() == ActorRef.class) {
                    Type reply = ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0];
                    assertThat(WireTypes.MESSAGES)
                            .as("%s is sent to an actor: add it to WireTypes.MESSAGES", reply)
                            .anyMatch(message -> message.isAssignableFrom(raw(reply)));
                }
            }
        });
    }

    private static Class<?> raw(Type type) {
        return (Class<?>) (type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type);
    }

    /// Families of messages that are no replies are found by the names of their classes.
    @Test
    void everyFamilyOfCommandsAndMessagesIsListed() throws Exception {
        Path classes = Path.of(WireTypes.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            List<String> families = files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.matches("[^$]*(Command|Message)\\.class"))
                    .map(file -> file.replace(".class", "").replace(File.separatorChar, '.'))
                    .toList();

            assertThat(families).contains("io.nightshift.protocol.batch.BatchCommand");
            assertThat(families)
                    .allSatisfy(name -> assertThat(WireTypes.MESSAGES)
                            .as("add %s to WireTypes.MESSAGES", name)
                            .anyMatch(message -> message.getName().equals(name)));
        }
    }

    @Test
    void aNumberStandsForOneClass() {
        assertThat(WireTypes.ALL)
                .extracting(WireType::id)
                .doesNotHaveDuplicates()
                .allMatch(id -> id >= 20);
        assertThat(WireTypes.ALL).extracting(WireType::type).doesNotHaveDuplicates();
    }

    /// All types in messages, and the types of the messages that the actors in them receive.
    private static Set<Class<?>> reachable() {
        Set<Class<?>> found = new LinkedHashSet<>();
        WireTypes.MESSAGES.forEach(message -> visit(message, found));
        return found;
    }

    private static void visit(Type type, Set<Class<?>> found) {
        if (type instanceof ParameterizedType parameterized) {
            visit(parameterized.getRawType(), found);
            for (Type argument : parameterized.getActualTypeArguments()) {
                visit(argument, found);
            }
        } else if (type instanceof Class<?> plain && found.add(plain)) {
            if (plain.isSealed()) {
                for (Class<?> permitted : plain.getPermittedSubclasses()) {
                    visit(permitted, found);
                }
            }
            if (plain.isRecord()) {
                for (RecordComponent component : plain.getRecordComponents()) {
                    visit(component.getGenericType(), found);
                }
            }
        }
    }
}
