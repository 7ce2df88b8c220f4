package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.ReplayPace;
import io.nightshift.protocol.ledger.UnreadableEntry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Scheduler;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.scaladsl.Source;
import scala.Option;
import scala.Tuple2;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.concurrent.duration.FiniteDuration;
import scala.util.Success;
import scala.util.Try;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/// The journal's table, with entries that no serializer can read as [UnreadableEntry]. With Pekko's own
/// class, such an entry fails the recovery of its actor, which would start again and again.
///
/// The last entry of an actor is searched from the actor's snapshot on. Pekko's own class searches all entries,
/// which takes seconds in H2 if the batch register has millions.
///
/// An actor that has a [ReplayPace] is sent its entries at its own pace.
///
/// The configuration of the journal names this class.
public final class TolerantJournal extends DefaultJournalDao {

    private static final String LAST = """
            SELECT MAX("sequence_number") FROM "event_journal" WHERE "persistence_id" = ? AND "sequence_number" >= ?
            """;

    private final JdbcBackend.JdbcDatabaseDef database;
    private final ExecutionContext blocking;

    /// Called by the journal's plugin.
    public TolerantJournal(
            JdbcBackend.JdbcDatabaseDef database,
            JdbcProfile profile,
            JournalConfig config,
            Serialization serialization,
            ExecutionContext executor,
            Materializer materializer) {
        super(database, profile, config, new TolerantSerialization(serialization.system()), executor, materializer);
        this.database = database;
        this.blocking = database.ioExecutionContext();
    }

    /// @param from the number of an entry, or 0
    @Override
    public Future<Object> highestSequenceNr(String id, long from) {
        return Future.apply(() -> last(id, from), blocking);
    }

    /// The number of the last entry; 0 if there is none.
    private long last(String id, long from) {
        try (Connection connection = database.source().createConnection();
                PreparedStatement statement = connection.prepareStatement(LAST)) {
            statement.setString(1, id);
            statement.setLong(2, from);
            long last;
            try (ResultSet row = statement.executeQuery()) {
                last = row.next() ? row.getLong(1) : 0;
            }
            // A snapshot of entries that are not there any more.
            return last == 0 && from > 0 ? last(id, 0) : last;
        } catch (SQLException e) {
            throw new IllegalStateException("the last entry of %s can't be read: %s".formatted(id, e.getMessage()), e);
        }
    }

    /// The entries of an actor that recovers.
    @Override
    public Source<Try<Tuple2<PersistentRepr, Object>>, NotUsed> messagesWithBatch(
            String id, long from, long to, int batchSize, Option<Tuple2<FiniteDuration, Scheduler>> refreshInterval) {
        Source<Try<Tuple2<PersistentRepr, Object>>, NotUsed> entries =
                super.messagesWithBatch(id, from, to, batchSize, refreshInterval);
        ReplayPace pace = ReplayPace.begin(id);
        return pace == null
                ? entries
                : entries.asJava()
                        .mapAsync(1, entry -> pace.next().thenApply(_ -> entry))
                        .asScala();
    }

    static final class TolerantSerialization extends Serialization {

        TolerantSerialization(ExtendedActorSystem system) {
            super(system);
        }

        @Override
        public Try<Object> deserialize(byte[] bytes, int serializer, String manifest) {
            Try<Object> read = super.deserialize(bytes, serializer, manifest);
            return read.isSuccess()
                    ? read
                    : new Success<>(new UnreadableEntry(
                            String.valueOf(read.failed().get().getMessage())));
        }
    }
}
