package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.ledger.UnreadableEntry;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import scala.concurrent.ExecutionContext;
import scala.util.Success;
import scala.util.Try;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/// The journal's table, with entries that no serializer can read as [UnreadableEntry]. With Pekko's own
/// class, such an entry fails the recovery of its actor, which would start again and again.
///
/// The configuration of the journal names this class.
public final class TolerantJournal extends DefaultJournalDao {

    /// Called by the journal's plugin.
    public TolerantJournal(
            JdbcBackend.JdbcDatabaseDef database,
            JdbcProfile profile,
            JournalConfig config,
            Serialization serialization,
            ExecutionContext executor,
            Materializer materializer) {
        super(database, profile, config, new TolerantSerialization(serialization.system()), executor, materializer);
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
