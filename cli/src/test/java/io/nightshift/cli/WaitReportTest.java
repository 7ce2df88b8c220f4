package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaitReportTest {

    @Test
    void aLongWaitIsToldSoonAndNowAndThenAfterwards() {
        StringWriter out = new StringWriter();
        WaitReport report = new WaitReport(new PrintWriter(out), time -> List.of("store lake"));
        for (int look = 0; look < 16; look++) {
            report.look();
        }

        assertThat(out.toString().lines())
                .containsExactly(
                        "Waiting for store lake, which has not answered for 4 seconds.",
                        "Waiting for store lake, which has not answered for 19 seconds.");
    }

    @Test
    void anotherWaitForTheSameIsToldAgain() {
        StringWriter out = new StringWriter();
        List<List<String>> waits = new ArrayList<>(
                List.of(List.of("data source crm"), List.of(), List.of("data source crm", "store lake")));
        WaitReport report = new WaitReport(new PrintWriter(out), time -> waits.removeFirst());
        report.look();
        report.look();
        report.look();

        assertThat(out.toString().lines()).hasSize(3).allMatch(line -> line.endsWith("answered for 4 seconds."));
    }
}
