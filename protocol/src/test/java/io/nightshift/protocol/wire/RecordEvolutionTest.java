package io.nightshift.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.wire.WireTypes.WireType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A record that has grown at its end, sent between a node that knows the new components and one that
/// doesn't.
@NullMarked
class RecordEvolutionTest {

    record Part(String name) {}

    /// A class that only the new version knows.
    record Added(int number) {}

    record OldMessage(Part part, List<Part> parts, long last) {}

    record OldHolder(OldMessage first, OldMessage second, String text) {}

    record NewMessage(
            Part part,
            List<Part> parts,
            long last,
            boolean flag,
            int count,
            double share,
            List<Added> added,
            Map<String, String> names,
            @Nullable Added one) {}

    record NewHolder(NewMessage first, NewMessage second, String text) {}

    record Strict(Part part, List<Part> parts, long last, String required) {}

    record OtherType(Part part, List<String> parts, long last) {}

    private static final WireType PART = new WireType(20, Part.class);
    private static final WireCodec OLD =
            new WireCodec(List.of(PART, new WireType(30, OldMessage.class), new WireType(31, OldHolder.class)), null);
    private static final WireCodec NEW = new WireCodec(
            List.of(
                    PART,
                    new WireType(30, NewMessage.class),
                    new WireType(31, NewHolder.class),
                    new WireType(32, Added.class)),
            null);

    private static final OldMessage SHORT = new OldMessage(new Part("a"), List.of(new Part("b"), new Part("c")), 7);

    private static NewMessage grown(int count) {
        return new NewMessage(
                SHORT.part(),
                SHORT.parts(),
                SHORT.last(),
                true,
                count,
                0.5,
                List.of(new Added(1), new Added(2)),
                Map.of("key", "value"),
                new Added(3));
    }

    @Test
    void anOldNodeSkipsUnknownComponentsEvenOfUnknownClasses() {
        byte[] bytes = NEW.write(new NewHolder(grown(1), grown(2), "end"));

        assertThat(OLD.read(bytes, OldHolder.class)).isEqualTo(new OldHolder(SHORT, SHORT, "end"));
    }

    @Test
    void aNewNodeUsesDefaultsForComponentsThatAnOldOneDoesNotSend() {
        NewMessage defaults =
                new NewMessage(SHORT.part(), SHORT.parts(), SHORT.last(), false, 0, 0, List.of(), Map.of(), null);

        assertThat(NEW.read(OLD.write(new OldHolder(SHORT, SHORT, "end")), NewHolder.class))
                .isEqualTo(new NewHolder(defaults, defaults, "end"));
    }

    @Test
    void aRecordThatDoesNotUseNewComponentsHasTheBytesOfTheOldVersion() {
        NewMessage defaults =
                new NewMessage(SHORT.part(), SHORT.parts(), SHORT.last(), false, 0, 0, List.of(), Map.of(), null);

        assertThat(NEW.write(new NewHolder(defaults, defaults, "end")))
                .isEqualTo(OLD.write(new OldHolder(SHORT, SHORT, "end")));
    }

    @Test
    void aDefaultBeforeAnotherValueIsWritten() {
        NewMessage last = new NewMessage(
                SHORT.part(), SHORT.parts(), SHORT.last(), false, 0, -0.0, List.of(), Map.of(), new Added(0));

        assertThat(NEW.read(NEW.write(last), NewMessage.class)).isEqualTo(last);
    }

    @Test
    void nothingIsLostWithinAVersion() {
        NewHolder holder = new NewHolder(grown(1), grown(-2), "end");

        assertThat(NEW.read(NEW.write(holder), NewHolder.class)).isEqualTo(holder);
    }

    @Test
    void aMissingComponentWithoutDefaultIsRefused() {
        WireCodec strict = new WireCodec(List.of(PART, new WireType(30, Strict.class)), null);

        assertThatThrownBy(() -> strict.read(OLD.write(SHORT), Strict.class)).hasMessage("Strict.required is missing");
    }

    @Test
    void aValueOfAnotherTypeIsRefusedInListsToo() {
        WireCodec other = new WireCodec(List.of(PART, new WireType(30, OtherType.class)), null);

        assertThatThrownBy(() -> other.read(OLD.write(SHORT), OtherType.class))
                .hasMessageStartingWith("OtherType.parts can't be");
    }

    @Test
    @SuppressWarnings("NullAway") // a faulty sender does this
    void aNullWhereNoneIsAllowedIsRefusedByTheSender() {
        assertThatThrownBy(() -> OLD.write(new OldHolder(SHORT, SHORT, null)))
                .hasMessage("OldHolder.text can't be null");
    }
}
