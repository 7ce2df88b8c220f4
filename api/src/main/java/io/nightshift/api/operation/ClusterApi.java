package io.nightshift.api.operation;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.NodeList;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.VerificationResult;
import java.util.List;

/// Operations on the nodes, the alerts, the retention and the whole ledger of a cluster.
public final class ClusterApi {

    private static final Parameter BATCH =
            Parameter.path("batch", "A batch ID, the beginning of one if no other ID begins with it, or `latest`.");

    private static final Parameter CHANNEL =
            Parameter.path("channel", "The name of a channel in the configuration of the node.");

    private static final Parameter CURSOR = Parameter.text("cursor", "The `next` of the previous page.");

    /// The published batches that the retention of their jobs removes now.
    public static final Operation<RetentionReport> PLAN_RETENTION = Operation.get(
                    "planRetention",
                    "/v1/retention",
                    Role.READ,
                    "The published batches that the retention of their jobs removes now")
            .with(Parameter.text("job", "The name of a job; without it, all jobs."))
            .mayBe(Refusal.NOT_FOUND)
            .answers(RetentionReport.class);

    /// Removes the published batches that their jobs no longer keep.
    public static final Operation<RetentionReport> APPLY_RETENTION = Operation.post(
                    "applyRetention",
                    "/v1/retention",
                    Role.ADMIN,
                    "Removes the published batches that their jobs no longer keep")
            .describedAs(
                    "Without waiting for the cluster, which does the same regularly. The answer names the batches whose removal begins.")
            .with(Parameter.text("job", "The name of a job; without it, all jobs."))
            .with(Body.IGNORED)
            .mayBe(Refusal.NOT_FOUND)
            .answers(RetentionReport.class);

    /// The nodes of the cluster, and the faults that keep them from work.
    public static final Operation<NodeList> LIST_NODES = Operation.get(
                    "listNodes",
                    "/v1/nodes",
                    Role.READ,
                    "The nodes of the cluster, and the faults that keep them from work")
            .answers(NodeList.class);

    /// Reports the verification of a batch.
    public static final Operation<VerificationResult> REPORT_VERIFICATION = Operation.post(
                    "reportVerification",
                    "/v1/batches/{batch}/verification",
                    Role.ADMIN,
                    "Reports the verification of a batch")
            .describedAs("An error raises the alert `verification-failed`, and a verification without one ends it.")
            .with(BATCH)
            .with(Body.required("VerificationReport"))
            .answers(VerificationResult.class);

    /// Alerts, newest first, and whether they were delivered.
    public static final Operation<AlertPage> LIST_ALERTS = Operation.get(
                    "listAlerts", "/v1/alerts", Role.READ, "Alerts, newest first, and whether they were delivered")
            .with(
                    Parameter.query(
                            "state",
                            new Parameter.Choice(List.of("open", "all"), "all"),
                            "Which alerts: `open` for those whose cause has not ended."),
                    Parameter.limit(100, 20),
                    CURSOR)
            .answers(AlertPage.class);

    /// Sends a test message to a channel of alerts.
    public static final Operation<AlertTestResult> TEST_ALERT_CHANNEL = Operation.post(
                    "testAlertChannel",
                    "/v1/alerts/channels/{channel}/test",
                    Role.ADMIN,
                    "Sends a test message to a channel of alerts")
            .describedAs(
                    "The node that receives the request sends the message. It answers when the channel's receiver has answered, or the time limit is over.")
            .with(CHANNEL)
            .with(Body.IGNORED)
            .slow()
            .auditedAs("test-alert")
            .answers(
                    AlertTestResult.class,
                    Response.json(200, "The result, also if the message was not delivered.", AlertTestResult.class));

    /// Verifies every entry of the ledger, as server-sent events.
    public static final Operation<Void> CHECK_LEDGER = Operation.get(
                    "checkLedger",
                    "/v1/ledger/check",
                    Role.ADMIN,
                    "Verifies every entry of the ledger, as server-sent events")
            .describedAs(
                    "The node reads every entry of every batch, and changes nothing. The last event is named `report`, and its data is a LedgerReport; or `problem`, and its data is a Problem. A node checks or exports the ledger once at a time.")
            .answers(Response.text("The result.", "text/event-stream"));

    /// Exports the ledger, as server-sent events.
    public static final Operation<Void> EXPORT_LEDGER = Operation.get(
                    "exportLedger", "/v1/ledger/export", Role.ADMIN, "Exports the ledger, as server-sent events")
            .describedAs(
                    "Each line of the export is an event named `line`, whose data is a LedgerLine. The last event is named `export`, and its data is a LedgerExport; or `problem`, and its data is a Problem. A node checks or exports the ledger once at a time.")
            .with(
                    Parameter.text(
                            "batch",
                            "Only the entries of this batch: its ID, the beginning of one if no other ID begins with it, or `latest`."))
            .mayBe(Refusal.NOT_FOUND, Refusal.REFUSED)
            .answers(Response.text("The result.", "text/event-stream"));

    static final List<Operation<?>> ALL = List.of(
            PLAN_RETENTION,
            APPLY_RETENTION,
            LIST_NODES,
            REPORT_VERIFICATION,
            LIST_ALERTS,
            TEST_ALERT_CHANNEL,
            CHECK_LEDGER,
            EXPORT_LEDGER);

    private ClusterApi() {}
}
