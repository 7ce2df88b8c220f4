package io.nightshift.coordinator.membership;

import io.nightshift.coordinator.ledger.Ledger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How a node finds its cluster, and how two clusters never work on one journal for long: the database that
/// they share decides.
///
/// A node that starts asks for the members that were seen lately, and joins them. Where there is none, it
/// forms a cluster, which it may only do in the database, in turn with all others; the former cluster, if any
/// of its nodes still live, is thereby superseded, and its nodes find out with their next [#confirm]. Members
/// keep saying that they live, by the database's clock alone. `docs/decisions/0011-membership.md` has the
/// reasons.
///
/// Each method is one transaction and waits for the database. Not for several threads at a time.
public final class Membership {

    /// How long a member counts as living without having been seen.
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Ledger ledger;
    private final String address;
    private final UUID incarnation = UUID.randomUUID();

    /// @param address of this node, `host:port`
    public Membership(Ledger ledger, String address) {
        this.ledger = ledger;
        this.address = address;
    }

    /// What a node that is in no cluster does next.
    public sealed interface JoinDecision {
        /// The cluster that it will be in.
        UUID cluster();

        /// @param members that live, at least one, none of them this node
        record Join(UUID cluster, List<String> members) implements JoinDecision {}

        /// Nobody is there: this node is the first.
        record Form(UUID cluster) implements JoinDecision {}
    }

    /// Finds the cluster, or claims the right to form one.
    public JoinDecision findOrForm() throws SQLException {
        try (Connection connection = inTurn()) {
            JoinDecision.Join join = find(connection);
            JoinDecision way = join == null ? form(connection) : join;
            register(connection, way instanceof JoinDecision.Form ? way.cluster() : null);
            connection.commit();
            return way;
        }
    }

    /// Finds the cluster.
    ///
    /// @return null if nobody is there
    public JoinDecision.@Nullable Join find() throws SQLException {
        try (Connection connection = inTurn()) {
            JoinDecision.Join join = find(connection);
            if (join != null) {
                register(connection, null);
            }
            connection.commit();
            return join;
        }
    }

    /// A transaction that others wait for.
    private Connection inTurn() throws SQLException {
        Connection connection = ledger.connect();
        try {
            connection.setAutoCommit(false);
            // So that a node which freezes in here holds nobody up.
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
        List<String> living = current == null ? List.of() : living(connection, current);
        return current == null || living.isEmpty() ? null : new JoinDecision.Join(current, living);
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

    private List<String> living(Connection connection, UUID cluster) throws SQLException {
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

    /// Says that this node lives, and is in a cluster. To be repeated well within [#PATIENCE].
    ///
    /// @param cluster that it has joined
    /// @return false if it isn't to go on: another cluster was formed since, or another process has its
    ///     address
    public boolean confirm(UUID cluster) throws SQLException {
        try (Connection connection = ledger.connect()) {
            return execute(connection, """
                    UPDATE member SET cluster = ?, seen = clock_timestamp()
                    WHERE address = ? AND incarnation = ? AND EXISTS (SELECT FROM cluster WHERE id = ?)
                    """, cluster, address, incarnation, cluster) == 1;
        }
    }

    /// Says that this node has left, so that nobody tries to join by it.
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
