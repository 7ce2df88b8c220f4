package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.types.Types.NestedField;
import org.junit.jupiter.api.Test;

class IcebergColumnsTest {

    private static final Schema SCHEMA = new Schema(
            NestedField.optional(1, "batch_id", Types.StringType.get()),
            NestedField.optional(2, "record_id", Types.LongType.get()),
            NestedField.optional(3, "scored_at", Types.TimestampType.withZone()));

    private final IcebergColumns columns = new IcebergColumns(Map.of("batch_id", Types.StringType.get()), false);

    @Test
    void namesThePartitionsOfAStrangersTable() {
        PartitionSpec spec = PartitionSpec.builderFor(SCHEMA)
                .identity("batch_id")
                .bucket("record_id", 4)
                .day("scored_at")
                .build();
        assertThat(columns.obstacles("ops.scores", SCHEMA, spec))
                .singleElement()
                .asString()
                .contains("ops.scores is partitioned by batch_id, bucket[4](record_id), day(scored_at);");
        assertThat(columns.obstacles("ops.scores", SCHEMA, PartitionSpec.unpartitioned()))
                .singleElement()
                .asString()
                .contains("ops.scores is partitioned by nothing;");
    }

    @Test
    void takesATableThatIsPartitionedByTheBatchAlone() {
        assertThat(columns.obstacles("ops.scores", SCHEMA, IcebergColumns.spec(SCHEMA)))
                .isEmpty();
    }
}
