package io.nightshift.api.operation;

import io.nightshift.api.HealthReport;
import java.util.List;

/// Operations for operators, the dashboard and browsers. Those of the dashboard may change with each version.
public final class NodeApi {

    private static final Parameter BATCH =
            Parameter.path("batch", "A batch ID, the beginning of one if no other ID begins with it, or `latest`.");

    private static final Parameter FILE = Parameter.path("file", "The name of the file.");

    /// Whether the node has joined its cluster.
    public static final Operation<HealthReport> STARTED = Operation.open(
                    "started", "/health/started", "Whether the node has joined its cluster")
            .describedAs("For a start-up probe. A supervisor must not restart the node before.")
            .ofNode()
            .answers(
                    HealthReport.class,
                    Response.json(200, "Yes.", HealthReport.class),
                    Response.json(503, "No.", HealthReport.class));

    /// Whether the node is alive.
    public static final Operation<HealthReport> LIVE = Operation.open(
                    "live", "/health/live", "Whether the node is alive")
            .describedAs("For a liveness probe. If the node is not alive, restart it.")
            .ofNode()
            .answers(
                    HealthReport.class,
                    Response.json(200, "Yes.", HealthReport.class),
                    Response.json(503, "No.", HealthReport.class));

    /// Whether the node accepts requests.
    public static final Operation<HealthReport> READY = Operation.open(
                    "ready", "/health/ready", "Whether the node accepts requests")
            .describedAs(
                    "For a readiness probe. The node is ready if it is in its cluster, reaches the journal, and is not leaving.")
            .ofNode()
            .answers(
                    HealthReport.class,
                    Response.json(200, "Yes.", HealthReport.class),
                    Response.json(503, "No.", HealthReport.class));

    /// The node's metrics, for Prometheus.
    public static final Operation<Void> METRICS = Operation.get(
                    "metrics", "/metrics", Role.READ, "The node's metrics, for Prometheus")
            .ofNode()
            .answers(Response.text("The metrics.", "text/plain"));

    /// This document.
    public static final Operation<Void> OPENAPI = Operation.open("openapi", "/v1/openapi.json", "This document")
            .ofNode()
            .answers(Response.json(200, "The result.", null));

    /// The dashboard.
    public static final Operation<Void> DASHBOARD = Operation.open("dashboard", "/", "The dashboard")
            .describedAs("The page loads its other files, and asks for its data with the session of a browser.")
            .ofNode()
            .answers(Response.text("The page.", "text/html"));

    /// A file of the dashboard.
    public static final Operation<Void> DASHBOARD_FILE = Operation.open(
                    "dashboardFile", "/ui/{file}", "A file of the dashboard")
            .describedAs("Scripts, styles and pictures. They hold no data.")
            .with(FILE)
            .ofNode()
            .answers(Response.text("The file.", "*/*"));

    /// The token that is signed in.
    public static final Operation<Void> SHOW_SESSION = Operation.get(
                    "showSession", "/session", Role.READ, "Who is signed in")
            .describedAs("The name and the role of the token, and the node that answers.")
            .ofNode()
            .answers(Response.json(200, "The result.", null));

    /// Sign a browser in.
    public static final Operation<Void> SIGN_IN = Operation.post("signIn", "/session", Role.READ, "Sign a browser in")
            .describedAs(
                    "Exchanges a token, or a code from `POST /session/codes` that is sent as `Authorization: Code ...`, for a cookie.")
            .by(Credentials.TOKEN_OR_CODE)
            .with(Body.IGNORED)
            .ofNode()
            .answers(Response.json(200, "The browser is signed in.", null));

    /// Sign a browser out.
    public static final Operation<Void> SIGN_OUT = Operation.delete(
                    "signOut", "/session", Role.READ, "Sign a browser out")
            .describedAs("Deletes the cookie.")
            .ofNode()
            .answers(Response.empty("The browser is signed out."));

    /// A code to sign a browser in.
    public static final Operation<Void> CREATE_SIGN_IN_CODE = Operation.post(
                    "createSignInCode", "/session/codes", Role.READ, "A code to sign a browser in")
            .describedAs(
                    "`nightshift ui` opens the dashboard with it. The code is valid once, for a minute, at this node.")
            .by(Credentials.TOKEN)
            .with(Body.IGNORED)
            .ofNode()
            .answers(Response.json(201, "The code.", null));

    /// The batches and runs of now, as server-sent events.
    public static final Operation<Void> WATCH_TONIGHT = Operation.get(
                    "watchTonight", "/dashboard/watch", Role.READ, "What runs, as server-sent events")
            .describedAs("Only the dashboard uses it, and it may change with each version.")
            .answers(Response.text("Events.", "text/event-stream"));

    /// A summary of the ledger of a batch.
    public static final Operation<Void> SHOW_TIMELINE = Operation.get(
                    "showTimeline", "/dashboard/batches/{batch}", Role.READ, "A summary of the ledger of a batch")
            .describedAs("Only the dashboard uses it, and it may change with each version.")
            .with(BATCH)
            .mayBe(Refusal.REFUSED)
            .answers(Response.json(200, "The summary. Its size does not depend on the number of partitions.", null));

    /// A batch, as server-sent events.
    public static final Operation<Void> WATCH_DESCRIPTION = Operation.get(
                    "watchDescription", "/dashboard/batches/{batch}/watch", Role.READ, "A batch, as server-sent events")
            .describedAs("Only the dashboard uses it, and it may change with each version.")
            .with(BATCH)
            .answers(Response.text("Events.", "text/event-stream"));

    static final List<Operation<?>> ALL = List.of(
            STARTED,
            LIVE,
            READY,
            METRICS,
            OPENAPI,
            DASHBOARD,
            DASHBOARD_FILE,
            SHOW_SESSION,
            SIGN_IN,
            SIGN_OUT,
            CREATE_SIGN_IN_CODE,
            WATCH_TONIGHT,
            SHOW_TIMELINE,
            WATCH_DESCRIPTION);

    private NodeApi() {}
}
