package io.nightshift.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.util.VectorUtils;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ActionJsonTest {

    private static final String ADD = """
            {"add":{"path":"a%20b/c=1/d.parquet","partitionValues":{"c":"1","e":null},"size":7,"modificationTime":9,"dataChange":true,"stats":"{\\"numRecords\\":3}"}}""";

    private static Row read(String line) {
        return ActionJson.read(line, SingleAction.FULL_SCHEMA);
    }

    @Test
    void anActionIsWrittenAsItWasRead() {
        assertThat(ActionJson.write(read(ADD))).isEqualTo(ADD);
    }

    @Test
    void fieldsThatTheSchemaLacksAreSkipped() {
        String line = ADD.replace("\"size\"", "\"clusteringProvider\":{\"x\":[1]},\"size\"");

        assertThat(ActionJson.write(read(line))).isEqualTo(ADD);
    }

    @Test
    void numbersAndBooleansInMapsOfTextsAreTexts() {
        String line = "{\"commitInfo\":{\"timestamp\":1,\"operationParameters\":{\"mode\":true,\"rows\":3}}}";

        assertThat(ActionJson.write(read(line))).contains("\"operationParameters\":{\"mode\":\"true\",\"rows\":\"3\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"add\":{\"path\":\"x\"",
                "[]",
                "7",
                "{\"add\":7}",
                "{\"add\":{\"path\":\"x\",\"partitionValues\":[],\"size\":1,\"modificationTime\":1,\"dataChange\":true}}",
                "{\"add\":{\"path\":\"x\",\"partitionValues\":{},\"size\":1.5,\"modificationTime\":1,\"dataChange\":true}}",
                "{\"add\":{\"path\":\"x\",\"partitionValues\":{},\"size\":1,\"modificationTime\":1,\"dataChange\":\"yes\"}}",
                "{\"add\":{\"partitionValues\":{},\"size\":1,\"modificationTime\":1,\"dataChange\":true}}",
                "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2,\"readerFeatures\":{}}}"
            })
    void linesThatAreNoActionsAreRefused(String line) {
        assertThatThrownBy(() -> read(line)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aBatchHasTheActionsByColumns() {
        Row add = read(ADD);
        Row protocol = read("{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":2}}");

        ColumnarBatch batch = ActionBatch.of(SingleAction.FULL_SCHEMA, List.of(protocol, add));

        ColumnVector adds = batch.getColumnVector(SingleAction.ADD_FILE_ORDINAL);
        assertThat(batch.getSize()).isEqualTo(2);
        assertThat(adds.isNullAt(0)).isTrue();
        assertThat(adds.isNullAt(1)).isFalse();
        ColumnVector paths = adds.getChild(AddFile.FULL_SCHEMA.indexOf("path"));
        assertThat(paths.getString(1)).isEqualTo("a%20b/c=1/d.parquet");
        assertThat(adds.getChild(AddFile.FULL_SCHEMA.indexOf("path"))).isSameAs(paths);
        assertThat(VectorUtils.<String, String>toJavaMap(adds.getChild(AddFile.FULL_SCHEMA.indexOf("partitionValues"))
                        .getMap(1)))
                .containsEntry("c", "1")
                .containsEntry("e", null);
        ColumnarBatch without = batch.withDeletedColumnAt(SingleAction.TXN_ORDINAL);
        assertThat(without.getSchema().length()).isEqualTo(SingleAction.FULL_SCHEMA.length() - 1);
        assertThat(without.getColumnVector(SingleAction.ADD_FILE_ORDINAL - 1).isNullAt(1))
                .isFalse();
    }
}
