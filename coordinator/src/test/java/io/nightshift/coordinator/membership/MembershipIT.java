package io.nightshift.coordinator.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.coordinator.membership.Membership.JoinDecision;
import io.nightshift.coordinator.membership.Membership.NodeProcess;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MembershipIT {

    private static EmbeddedPostgres postgres;
    private static Ledger ledger;

    private Membership first;
    private Membership second;
    private Membership third;

    @BeforeAll
    static void start() throws IOException {
        postgres = PostgresServer.startEmbedded();
        ledger = PostgresLedger.at(new DataSourceSettings(
                "journal", "jdbc:postgresql://localhost:%d/postgres".formatted(postgres.getPort()), "postgres", null));
        PostgresLedger.migrate(ledger);
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    @BeforeEach
    void nobody() throws SQLException {
        execute("TRUNCATE cluster, member");
        first = membership("first:1", 1);
        second = membership("second:1", 1);
        third = membership("third:1", 1);
    }

    private static Membership membership(String address, long uid) {
        return new Membership(ledger, new NodeProcess(address, uid), Duration.ZERO);
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void passes(String member, int seconds) throws SQLException {
        execute("UPDATE member SET seen = seen - make_interval(secs => %d) WHERE address = '%s'"
                .formatted(seconds, member));
    }

    @Test
    void oneOfTheNodesThatStartAtTheSameTimeFormsTheCluster() throws Exception {
        int nodes = 12;
        List<Future<JoinDecision>> ways = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(nodes)) {
            for (int i = 0; i < nodes; i++) {
                Membership node = membership("node:" + i, 1);
                ways.add(threads.submit(node::findOrForm));
            }
        }
        List<UUID> clusters = new ArrayList<>();
        int forming = 0;
        for (Future<JoinDecision> way : ways) {
            clusters.add(way.get().cluster());
            forming += way.get() instanceof JoinDecision.Form ? 1 : 0;
        }
        assertThat(forming).isOne();
        assertThat(clusters).containsOnly(clusters.getFirst());
    }

    @Test
    void aNodeJoinsByThoseThatLiveAndAreIn() throws Exception {
        JoinDecision formed = first.findOrForm();
        second.findOrForm();
        assertThat(third.findOrForm())
                .as("the second has only asked")
                .isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("first:1")));
        assertThat(second.confirm(formed.cluster())).isTrue();
        assertThat(third.findOrForm())
                .isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("first:1", "second:1")));

        passes("first:1", 11);
        assertThat(third.findOrForm())
                .as("without the one that was not seen for a while")
                .isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("second:1")));
        assertThat(first.confirm(formed.cluster())).as("it wakes up").isTrue();

        second.leave();
        assertThat(third.findOrForm()).isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("first:1")));
    }

    @Test
    void aNodeThatMayNotFormAClusterJoinsOneAsSoonAsThereIs() throws Exception {
        assertThat(first.find()).as("nobody is there").isNull();
        JoinDecision formed = second.findOrForm();
        assertThat(formed).as("nothing was claimed").isInstanceOf(JoinDecision.Form.class);

        assertThat(first.find()).isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("second:1")));
        assertThat(first.confirm(formed.cluster())).isTrue();

        passes("second:1", 11);
        assertThat(third.find()).isEqualTo(new JoinDecision.Join(formed.cluster(), List.of("first:1")));
    }

    @Test
    void afterAnOutageOfTheDatabaseANodeWaitsForRunningMembers() throws Exception {
        UUID formed = first.findOrForm().cluster();
        second.findOrForm();
        second.confirm(formed);
        passes("first:1", 30);
        passes("second:1", 30);
        Membership restarted = new Membership(ledger, new NodeProcess("second:1", 2), Duration.ofHours(1));

        assertThat(restarted.findOrForm()).as("the first may run").isNull();
        assertThat(first.confirm(formed)).as("the cluster goes on").isTrue();
        assertThat(restarted.findOrForm()).isEqualTo(new JoinDecision.Join(formed, List.of("first:1")));
    }

    @Test
    void nobodyWaitsForProcessesThatHaveAllStartedAgain() throws Exception {
        UUID formed = first.findOrForm().cluster();
        second.findOrForm();
        second.confirm(formed);
        passes("first:1", 30);
        passes("second:1", 30);

        Membership firstAgain = new Membership(ledger, new NodeProcess("first:1", 2), Duration.ofHours(1));
        Membership secondAgain = new Membership(ledger, new NodeProcess("second:1", 2), Duration.ofHours(1));
        assertThat(firstAgain.findOrForm()).as("the second may run").isNull();
        assertThat(secondAgain.findOrForm()).isInstanceOf(JoinDecision.Form.class);
        assertThat(firstAgain.findOrForm()).isInstanceOf(JoinDecision.Join.class);
    }

    @Test
    void aNodeWaitsForNobodyIfAllOthersHaveLeft() throws Exception {
        UUID formed = first.findOrForm().cluster();
        first.leave();
        Membership patient = new Membership(ledger, new NodeProcess("second:1", 1), Duration.ofHours(1));

        JoinDecision decision = patient.findOrForm();
        assertThat(decision).isInstanceOf(JoinDecision.Form.class);
        assertThat(decision.cluster()).isNotEqualTo(formed);
    }

    @Test
    void aClusterWhoseNodesAreNotSeenIsSuperseded() throws Exception {
        UUID former = first.findOrForm().cluster();
        assertThat(second.confirm(former)).as("it was never registered").isFalse();
        second.findOrForm();
        assertThat(second.confirm(former)).isTrue();
        passes("first:1", 11);
        passes("second:1", 11);

        assertThat(third.findOrForm()).isInstanceOf(JoinDecision.Form.class);
        assertThat(first.confirm(former)).isFalse();
        assertThat(second.confirm(former)).isFalse();
    }

    @Test
    void nodesThatStartAgainTogetherDontWaitForTheirFormerSelves() throws Exception {
        UUID former = first.findOrForm().cluster();
        second.findOrForm();
        second.confirm(former);

        Membership firstAgain = membership("first:1", 2);
        Membership secondAgain = membership("second:1", 2);
        assertThat(firstAgain.findOrForm()).as("the second may live").isInstanceOf(JoinDecision.Join.class);
        assertThat(secondAgain.findOrForm()).as("nobody lives").isInstanceOf(JoinDecision.Form.class);
        assertThat(firstAgain.findOrForm()).isInstanceOf(JoinDecision.Join.class);
        assertThat(first.confirm(former))
                .as("of a process whose address is another's")
                .isFalse();
    }

    @Test
    void aNodeIsInTheClusterOfItsPeersWhateverItHasDecided() throws Exception {
        UUID former = third.findOrForm().cluster();
        JoinDecision decided = first.findOrForm();
        assertThat(decided).isEqualTo(new JoinDecision.Join(former, List.of("third:1")));
        Membership thirdAgain = membership("third:1", 2);
        UUID formed = thirdAgain.findOrForm().cluster();

        NodeProcess self = new NodeProcess("first:1", 1);
        assertThat(first.enter(List.of(self), null))
                .as("nobody else of the cluster is there")
                .isNull();
        assertThat(first.enter(List.of(self, new NodeProcess("third:1", 1)), null))
                .as("the former process of the third")
                .isNull();
        assertThat(first.enter(List.of(self, new NodeProcess("third:1", 2)), null))
                .as("it has joined the third, which has formed a cluster anew")
                .isEqualTo(formed);
        assertThat(first.confirm(formed)).isTrue();
        assertThat(first.enter(List.of(self), null))
                .as("it is one of the cluster itself")
                .isEqualTo(formed);

        second.findOrForm();
        assertThat(second.enter(List.of(self, new NodeProcess("second:1", 1)), null))
                .as("by one that joined")
                .isEqualTo(formed);
        assertThat(membership("second:1", 3).enter(List.of(self), null))
                .as("a process that has never asked")
                .isNull();
    }

    @Test
    void aNodeStaysInItsClusterWhenAllOthersHaveLeft() throws Exception {
        UUID formed = first.findOrForm().cluster();
        second.findOrForm();
        first.leave();
        List<NodeProcess> alone = List.of(new NodeProcess("second:1", 1));

        assertThat(second.enter(alone, UUID.randomUUID())).isNull();
        assertThat(second.enter(alone, formed)).isEqualTo(formed);
        assertThat(third.findOrForm()).isEqualTo(new JoinDecision.Join(formed, List.of("second:1")));
    }

    @Test
    void aNodeOfASupersededClusterDoesNotEnter() throws Exception {
        first.findOrForm();
        second.findOrForm();
        passes("first:1", 11);
        third.findOrForm();
        assertThat(second.enter(List.of(new NodeProcess("first:1", 1), new NodeProcess("second:1", 1)), null))
                .isNull();
    }
}
