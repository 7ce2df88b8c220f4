package io.nightshift.nemesis.fault;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.Workload;
import io.nightshift.testing.CommandResult;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// A batch of another job next to the one that a round checks. One of its events is damaged.
final class DamagedBystander {

    private final NemesisCluster cluster;
    private final String batch;
    private long event;

    private DamagedBystander(NemesisCluster cluster, String batch) {
        this.cluster = cluster;
        this.batch = batch;
    }

    static DamagedBystander submit(NemesisCluster cluster, Workload workload, BatchOutput output) {
        return new DamagedBystander(cluster, workload.submit(cluster, output, "--set", "job=bystander"));
    }

    /// Changes one byte of one event while no node runs.
    ///
    /// @return which event, in words
    String damage(Random random) throws SQLException {
        event = cluster.database.damageEvent(batch, random);
        return "event %d of %s".formatted(event, batch);
    }

    /// Expects the batch to be damaged, and that an operator can close it.
    ///
    /// @return the broken promises
    List<String> check() {
        List<String> violations = new ArrayList<>();
        JsonNode shown = cluster.show(batch);
        if (shown == null || !shown.get("state").asText().equals("damaged")) {
            violations.add("event %d of %s is damaged, but it is shown as %s".formatted(event, batch, shown));
        }
        CommandResult checked = cluster.command("ledger", "check");
        if (checked.status() != 1 || !(checked.out() + checked.err()).contains(batch)) {
            violations.add("ledger check does not report the damage of %s: %s".formatted(batch, checked));
        }
        CommandResult cancelled = cluster.batch("cancel", batch);
        if (cancelled.status() != 0) {
            violations.add("the damaged batch can't be closed: " + cancelled);
        }
        return violations;
    }
}
