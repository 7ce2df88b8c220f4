package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema.Change;
import io.nightshift.protocol.job.OutputSchema.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputSchemaTest {

    private static final Column ID = new Column("record_id", "BIGINT");
    private static final Column SCORE = new Column("score", "DOUBLE");
    private static final Column REGION = new Column("region", "VARCHAR");
    private static final OutputSchema SCHEMA = new OutputSchema(4, List.of(ID, SCORE));

    @Test
    void theSameColumnsHaveTheSameVersion() {
        assertThat(SCHEMA.next(List.of(ID, SCORE))).isEqualTo(SCHEMA);
        assertThat(SCHEMA.next(List.of(SCORE, ID)).version()).isEqualTo(4);
    }

    @Test
    void anAdditionRaisesTheVersion() {
        List<Column> later = List.of(ID, REGION, SCORE);

        assertThat(SCHEMA.next(later)).isEqualTo(new OutputSchema(5, later));
        assertThat(SCHEMA.changesTo(later)).containsExactly(new Change("region", null, "VARCHAR"));
        assertThatCode(() -> SCHEMA.refuseBreaking(later, "b-1")).doesNotThrowAnyException();
    }

    @Test
    void changesThatBreakReadersAreRefused() {
        List<Column> later = List.of(new Column("record_id", "VARCHAR"), REGION);

        assertThat(SCHEMA.next(later).version()).isEqualTo(5);
        assertThat(SCHEMA.changesTo(later))
                .containsExactly(
                        new Change("record_id", "BIGINT", "VARCHAR"),
                        new Change("score", "DOUBLE", null),
                        new Change("region", null, "VARCHAR"));
        assertThatThrownBy(() -> SCHEMA.refuseBreaking(later, "b-1"))
                .isInstanceOf(FailureException.class)
                .hasMessage(
                        "the columns of the output would break readers of the batch b-1: record_id was BIGINT, and is VARCHAR; score is removed (DOUBLE). Keep these columns, or write destination.schema: new");
    }
}
