package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadLimitTest {

    private static Job job(String limits) {
        return JobFile.parse("""
                job: churn
                model: churn@champion
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                limits: %s
                """.formatted(limits).getBytes(StandardCharsets.UTF_8), Map.of());
    }

    @ParameterizedTest
    @CsvSource({"4, 64, 4", "4, 2, 4", "50%, 64, 32", "50%, 7, 3", "1%, 64, 1", "30%, 0, 1", "100%, 64, 64"})
    void aLimitIsANumberOfThreadsOrAShareOfAll(String text, int all, int most) {
        ThreadLimit limit = Objects.requireNonNull(
                job("{threads: %s}".formatted(text)).timing().threads());

        assertThat(limit.text()).isEqualTo(text);
        assertThat(limit.of(all)).isEqualTo(most);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "0%", "101%", "1.5%", "half", "\"4\"", "2000000"})
    void anythingElseIsRefused(String threads) {
        assertThatThrownBy(() -> job("{threads: %s}".formatted(threads)))
                .isInstanceOf(JobFileException.class)
                .hasMessageContaining("limits.threads")
                .hasMessageContaining("a number of threads, 1 or more, or a share of them from 1% to 100%");
    }

    @Test
    void limitsWithoutThreadsAreRefused() {
        assertThatThrownBy(() -> job("{}")).hasMessageContaining("limits.threads");
        assertThatThrownBy(() -> job("{thread: 4}")).hasMessageContaining("threads");
    }

    @Test
    void aLimitDoesNotChangeWhatIsComputed() {
        assertThat(JobFingerprint.of(job("{threads: 4}"))).isEqualTo(JobFingerprint.of(job("{threads: 50%}")));
        assertThat(JobFile.header(JobText.of(job("{threads: 4}")).getBytes(StandardCharsets.UTF_8))
                        .timing()
                        .threads())
                .isEqualTo(new ThreadLimit(4, false));
        assertThat(List.of(new ThreadLimit(4, false).text(), new ThreadLimit(4, true).text()))
                .containsExactly("4", "4%");
    }
}
