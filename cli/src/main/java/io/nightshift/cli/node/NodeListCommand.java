package io.nightshift.cli.node;

import io.nightshift.api.ApiJson;
import io.nightshift.api.NodeList.NodeDescription;
import io.nightshift.api.NodeList.NodeFault;
import io.nightshift.api.NodeList.NodeWork;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ClusterCommand;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.node.configuration.Configuration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine.Command;

/// `node list`: the nodes of a running cluster.
@Command(
        name = "list",
        description = "Lists the nodes of the cluster, and the faults that keep them from work.",
        mixinStandardHelpOptions = true)
final class NodeListCommand extends ClusterCommand {

    @Override
    protected int withoutServer(Configuration given) {
        if (asJson()) {
            JsonOutput.print(out(), List.of());
        } else {
            out().println("No node runs on the home folder. Start one with: " + serve());
        }
        return ExitStatus.DONE;
    }

    @Override
    protected int run(ClusterAccess cluster) {
        List<NodeDescription> nodes = cluster.nodes().nodes();
        if (asJson()) {
            JsonOutput.print(out(), nodes.stream().map(ApiJson::tree).toList());
            return ExitStatus.DONE;
        }
        TextTable table = new TextTable()
                .left("NODE")
                .left("STATE")
                .left("ROLES")
                .left("VERSION")
                .right("THREADS")
                .right("BUSY")
                .left("EXCLUDED FROM");
        for (NodeDescription node : nodes) {
            NodeWork work = node.work();
            table.row(
                    node.node(),
                    node.state(),
                    String.join(", ", node.roles()),
                    node.version(),
                    work == null ? "?" : String.valueOf(work.threads()),
                    work == null ? "?" : String.valueOf(work.busy()),
                    excluded(node));
        }
        table.print(out());
        for (NodeDescription node : nodes) {
            for (NodeFault fault : node.faults()) {
                out().println(sentence(node, fault));
            }
        }
        return ExitStatus.DONE;
    }

    private static String excluded(NodeDescription node) {
        if (node.work() == null) {
            return "? (no answer)";
        }
        return node.faults().stream().anyMatch(NodeFault::allWork)
                ? "all work"
                : node.isExcluded() ? "some batches" : "-";
    }

    private static String sentence(NodeDescription node, NodeFault fault) {
        Instant next = fault.nextTry();
        return "%s: since %s: %s. Next try: %s"
                .formatted(
                        node.node(),
                        time(fault.since()),
                        fault.reason(),
                        next == null ? "with its next partition" : time(next));
    }

    /// UTC, to the second.
    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
