package io.nightshift.coordinator.membership;

import io.nightshift.coordinator.ledger.Ledger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Helps a node to find its cluster, and ensures that at most one cluster works on a journal: the shared
/// database decides.
///
/// A starting node joins the members that were seen recently. If there are none, and no member confirms for some
/// time that it runs, the node forms a cluster. Only one node at a time can do that, because it locks a table. The
/// new cluster supersedes the one before; if nodes of that cluster still run, they find out with their next
/// [#confirm] and stop. Members confirm regularly that they run. Only the database's clock counts.
/// `docs/decisions/0011-membership.md` gives the reasons.
///
/// The members that a node joins by may have died since, and other processes may have their addresses. So
/// [#enter] says which cluster a node is in, not the decision to join.
///
/// Each method is one transaction and waits for the database. Used by one thread at a time.
public final class Membership {

    /// The time for which a member counts as running after its last confirmation.
    static final Duration PATIENCE = Duration.ofSeconds(10);

    /// A longer time between two looks at the database ends a [Lookout].
    private static final Duration LONGEST_GAP = Duration.ofSeconds(5);

    private final Ledger ledger;
    private final Duration lookout;
    private final String address;
    private final UUID incarnation;
    private @Nullable Lookout alone;

    /// The period in which this node has looked for members repeatedly, and has seen none, by the database's clock.
    ///
    /// @param cluster whose members it looks for
    private record Lookout(UUID cluster, Instant since, Instant last) {}

    /// @param self the process of this node
    public Membership(Ledger ledger, NodeProcess self) {
        this(ledger, self, PATIENCE);
    }

    /// @param lookout how long this node must look for members without seeing one, while the database answers,
    ///     before it forms a new cluster
    Membership(Ledger ledger, NodeProcess self, Duration lookout) {
        this.ledger = ledger;
        this.lookout = lookout;
        this.address = self.address();
        this.incarnation = self.incarnation();
    }

    /// A process of a node.
    ///
    /// @param address of the node, `host:port`
    /// @param uid that Pekko gives the process; a process that starts again at the same address has another
    public record NodeProcess(String address, long uid) {

        private UUID incarnation() {
            return new UUID(0, uid);
        }
    }

    /// The next step of a node that is in no cluster.
    public sealed interface JoinDecision {
        /// The ID of the cluster. A node that joins may get into a later one.
        UUID cluster();

        /// The node joins a cluster.
        ///
        /// @param members that run, at least one, without this node
        record Join(UUID cluster, List<String> members) implements JoinDecision {}

        /// No member runs: the node forms a new cluster.
        record Form(UUID cluster) implements JoinDecision {}
    }

    /// Finds the cluster to join. If no member runs, makes this node the one that forms a new cluster.
    ///
    /// After an outage of the database, there may be running members that could not confirm that they run. So a
    /// member that has not left counts as lost only when this node has looked for it for some time, and the
    /// database has answered all that time.
    ///
    /// @return null while this node looks for such members; called again every few seconds then
    public @Nullable JoinDecision findOrForm() throws SQLException {
        try (Connection connection = lockedTransaction()) {
            JoinDecision.Join join = find(connection);
            if (join == null && mayRunUnseen(connection)) {
                // The earlier process of this node no longer runs, so the node does not wait for it.
                register(connection, null);
                connection.commit();
                return null;
            }
            alone = null;
            JoinDecision decision = join == null ? form(connection) : join;
            register(connection, decision instanceof JoinDecision.Form ? decision.cluster() : null);
            connection.commit();
            return decision;
        }
    }

    /// Finds the cluster to join.
    ///
    /// @return null if no member runs
    public JoinDecision.@Nullable Join find() throws SQLException {
        try (Connection connection = lockedTransaction()) {
            JoinDecision.Join join = find(connection);
            if (join != null) {
                register(connection, null);
            }
            connection.commit();
            return join;
        }
    }

    /// A transaction with the lock. Other nodes wait for its end.
    private Connection lockedTransaction() throws SQLException {
        Connection connection = ledger.connect();
        try {
            connection.setAutoCommit(false);
            // A node that freezes in this transaction must not block the others for long.
            execute(connection, "SET LOCAL idle_in_transaction_session_timeout = '5s'");
            execute(connection, "SET LOCAL lock_timeout = '8s'");
            execute(connection, "LOCK TABLE cluster IN EXCLUSIVE MODE");
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private JoinDecision.@Nullable Join find(Connection connection) throws SQLException {
        UUID current = current(connection);
        List<String> running = current == null ? List.of() : running(connection, current);
        return current == null || running.isEmpty() ? null : new JoinDecision.Join(current, running);
    }

    /// Whether the cluster has members that have not left, and for which this node has not looked long enough.
    private boolean mayRunUnseen(Connection connection) throws SQLException {
        String sql = """
            SELECT cluster.id, clock_timestamp() FROM cluster
            WHERE EXISTS (SELECT FROM member WHERE member.cluster = cluster.id AND address <> ?)
            """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, address);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return false;
                }
                UUID cluster = rows.getObject(1, UUID.class);
                Instant now = rows.getObject(2, OffsetDateTime.class).toInstant();
                Lookout before = alone;
                boolean goesOn = before != null
                        && before.cluster().equals(cluster)
                        && before.last().plus(LONGEST_GAP).isAfter(now);
                Instant since = before != null && goesOn ? before.since() : now;
                alone = new Lookout(cluster, since, now);
                return now.isBefore(since.plus(lookout));
            }
        }
    }

    private JoinDecision form(Connection connection) throws SQLException {
        UUID cluster = UUID.randomUUID();
        execute(connection, "DELETE FROM cluster");
        execute(connection, "INSERT INTO cluster (id, formed_by) VALUES (?, ?)", cluster, address);
        return new JoinDecision.Form(cluster);
    }

    private void register(Connection connection, @Nullable UUID cluster) throws SQLException {
        execute(connection, """
            INSERT INTO member (address, incarnation, cluster, seen) VALUES (?, ?, ?, clock_timestamp())
            ON CONFLICT (address) DO UPDATE SET
              incarnation = excluded.incarnation, cluster = excluded.cluster, seen = excluded.seen
            """, address, incarnation, cluster);
    }

    private static @Nullable UUID current(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT id FROM cluster");
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getObject(1, UUID.class) : null;
        }
    }

    private List<String> running(Connection connection, UUID cluster) throws SQLException {
        String sql = """
            SELECT address FROM member
            WHERE cluster = ? AND address <> ? AND seen > clock_timestamp() - make_interval(secs => ?)
            ORDER BY address
            """;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, cluster);
            statement.setString(2, address);
            statement.setLong(3, PATIENCE.toSeconds());
            try (ResultSet rows = statement.executeQuery()) {
                List<String> members = new ArrayList<>();
                while (rows.next()) {
                    members.add(rows.getString(1));
                }
                return members;
            }
        }
    }

    /// Records that this node is in the cluster that works on the journal, if it is.
    ///
    /// @param peers the members of the node's cluster as Pekko knows them, with or without the node itself
    /// @param joined the cluster that this node has [found][#find] and joined; null if it has formed one. The peers
    ///     may have left since, and the node is alone in that cluster then
    /// @return the cluster, or null if the node must stop: neither is `joined` the cluster that works on
    ///     the journal, nor is one of the peers in it, or another process has taken the node's address
    public @Nullable UUID enter(Collection<NodeProcess> peers, @Nullable UUID joined) throws SQLException {
        String sql = """
            UPDATE member SET cluster = cluster.id, seen = clock_timestamp()
            FROM cluster
            WHERE member.address = ? AND member.incarnation = ? AND (cluster.id = ? OR EXISTS (
              SELECT FROM member peer WHERE peer.cluster = cluster.id AND (peer.address, peer.incarnation) IN
                (SELECT * FROM unnest(?, ?))))
            RETURNING cluster.id
            """;
        try (Connection connection = ledger.connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, address);
            statement.setObject(2, incarnation);
            statement.setObject(3, joined, Types.OTHER);
            statement.setArray(
                    4,
                    connection.createArrayOf(
                            "varchar", peers.stream().map(NodeProcess::address).toArray()));
            statement.setArray(
                    5,
                    connection.createArrayOf(
                            "uuid", peers.stream().map(NodeProcess::incarnation).toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getObject(1, UUID.class) : null;
            }
        }
    }

    /// Confirms that this node runs and is in a cluster. Called several times within [#PATIENCE].
    ///
    /// @param cluster that the node has [entered][#enter] or formed
    /// @return false if the node must stop: a new cluster was formed, or another process has taken its
    ///     address
    public boolean confirm(UUID cluster) throws SQLException {
        try (Connection connection = ledger.connect()) {
            return execute(connection, """
                UPDATE member SET cluster = ?, seen = clock_timestamp()
                WHERE address = ? AND incarnation = ? AND EXISTS (SELECT FROM cluster WHERE id = ?)
                """, cluster, address, incarnation, cluster) == 1;
        }
    }

    /// Removes this node, so that no other node tries to join it.
    public void leave() throws SQLException {
        try (Connection connection = ledger.connect()) {
            execute(connection, "DELETE FROM member WHERE address = ? AND incarnation = ?", address, incarnation);
        }
    }

    private static int execute(Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }
}
