package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Where the files of a log are, whatever scheme the writer has used.
class TableFolderTest {

    @ParameterizedTest
    @CsvSource({
        "az://lake/t, a%20b.parquet, az://lake/t/a b.parquet",
        "gs://lake/t, gs://old/a%20b.parquet, gs://old/a b.parquet",
        "az://lake/t, /other/a.parquet, az://lake/other/a.parquet",
        "az://lake/t, az://old/a.parquet, az://old/a.parquet",
        "abfss://c@acc.dfs.core.windows.net/t, a.parquet, abfss://c@acc.dfs.core.windows.net/t/a.parquet",
        "abfss://c@acc.dfs.core.windows.net/t, /x/a.parquet, abfss://c@acc.dfs.core.windows.net/x/a.parquet",
        "az://lake/t, abfs://c@acc.dfs.core.windows.net/a.parquet, abfss://c@acc.dfs.core.windows.net/a.parquet",
        "s3://lake/t, s3a://old/a.parquet, s3://old/a.parquet",
        "/tables/t, a.parquet, /tables/t/a.parquet"
    })
    void aPathIsRelativeToTheTableOrAnAddress(String table, String path, String resolved) {
        assertThat(TableFolder.of(table).resolve(path)).isEqualTo(resolved);
    }

    @ParameterizedTest
    @ValueSource(strings = {"oss://lake/a.parquet", "wasbs://c@acc.blob.core.windows.net/a.parquet", "hdfs://n/a"})
    void anotherStoreIsRefused(String path) {
        assertThatThrownBy(() -> TableFolder.of("az://lake/t").resolve(path))
                .hasMessageContaining("which is neither in a folder nor in an object store");
    }
}
