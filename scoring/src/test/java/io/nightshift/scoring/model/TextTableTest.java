package io.nightshift.scoring.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TextTableTest {

    private final TextTable table = new TextTable();
    private final AtomicInteger reads = new AtomicInteger();

    private Supplier<String> reader(String text) {
        return () -> {
            reads.incrementAndGet();
            return text;
        };
    }

    @Test
    void textsHaveTheNumbersThatTheyGot() {
        for (int i = 0; i < 100; i++) {
            assertThat(table.add("text " + i)).isEqualTo(i);
        }

        assertThat(table.get(57)).isEqualTo("text 57");
        assertThat(table.length(57)).isEqualTo(7);
        assertThat(table.length(Double.NaN)).isZero();
        assertThat(table.length(100)).isZero();
    }

    @Test
    void aShortTextIsReadOnce() {
        double number = table.add(3, reader("abc"));

        assertThat(table.get(number)).isEqualTo("abc");
        assertThat(table.get(number)).isEqualTo("abc");
        assertThat(table.length(number)).isEqualTo(3);
        assertThat(reads).hasValue(1);
    }

    /// Its length counts as its size.
    @Test
    void aTextForWhichThereIsNoRoomIsReadEachTime() {
        table.add(TextTable.MOST_KEPT, reader("a"));
        double number = table.add(4, reader("éé"));
        assertThat(reads).hasValue(1);

        assertThat(table.get(number)).isEqualTo("éé");
        assertThat(table.get(number)).isEqualTo("éé");
        assertThat(table.length(number)).isEqualTo(4);
        assertThat(reads).hasValue(3);
    }

    @Test
    void aClearedTableHasRoomAgain() {
        table.add(TextTable.MOST_KEPT, reader("a"));
        table.clear();

        double number = table.add(4, reader("b"));

        assertThat(number).isZero();
        assertThat(table.get(number)).isEqualTo("b");
        assertThat(reads).hasValue(2);
    }

    @Test
    void aTextThatIsCertainlyTooLongIsNotRead() {
        int bytes = 3 * (TextTable.MOST_CHARACTERS + 1);
        double number = table.add(bytes, reader("long"));
        double possible = table.add(bytes - 1, reader("shorter"));

        assertThatThrownBy(() -> table.get(number))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the text has 3,145,731 bytes; supported are 1,048,576 characters");
        assertThat(table.get(possible)).isEqualTo("shorter");
        assertThat(reads).hasValue(1);
    }
}
