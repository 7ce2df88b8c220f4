package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.ledger.UnreadableEntry;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.jdbc.config.SnapshotConfig;
import org.apache.pekko.persistence.jdbc.snapshot.dao.DefaultSnapshotDao;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.Tuple2;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/// The table of snapshots, without those that this version can't read. A snapshot is a cache: its actor uses the
/// one before, or reads all its events.
///
/// The configuration of the snapshot store names this class.
public final class TolerantSnapshots extends DefaultSnapshotDao {

    private static final Logger LOG = LoggerFactory.getLogger(TolerantSnapshots.class);

    private final ExecutionContext executor;

    /// Called by the snapshot store's plugin.
    public TolerantSnapshots(
            JdbcBackend.JdbcDatabaseDef database,
            JdbcProfile profile,
            SnapshotConfig config,
            Serialization serialization,
            ExecutionContext executor,
            Materializer materializer) {
        super(
                database,
                profile,
                config,
                new TolerantJournal.TolerantSerialization(serialization.system()),
                executor,
                materializer);
        this.executor = executor;
    }

    @Override
    public Future<Option<Tuple2<SnapshotMetadata, Object>>> latestSnapshot(String id) {
        return super.latestSnapshot(id).flatMap(this::readable, executor);
    }

    @Override
    public Future<Option<Tuple2<SnapshotMetadata, Object>>> snapshotForMaxSequenceNr(String id, long number) {
        return super.snapshotForMaxSequenceNr(id, number).flatMap(this::readable, executor);
    }

    private Future<Option<Tuple2<SnapshotMetadata, Object>>> readable(
            Option<Tuple2<SnapshotMetadata, Object>> snapshot) {
        if (snapshot.isEmpty() || !(snapshot.get()._2() instanceof UnreadableEntry(String problem))) {
            return Future.successful(snapshot);
        }
        SnapshotMetadata metadata = snapshot.get()._1();
        LOG.warn(
                "snapshot {} of {} can't be read and is ignored: {}",
                metadata.sequenceNr(),
                metadata.persistenceId(),
                problem);
        return snapshotForMaxSequenceNr(metadata.persistenceId(), metadata.sequenceNr() - 1);
    }
}
