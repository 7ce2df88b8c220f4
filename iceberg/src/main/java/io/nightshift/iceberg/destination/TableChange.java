package io.nightshift.iceberg.destination;

import io.nightshift.destination.lake.CommitTries;
import io.nightshift.protocol.failure.FailureException;
import java.util.HashSet;
import java.util.Set;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.Transactions;
import org.apache.iceberg.encryption.EncryptionManager;
import org.apache.iceberg.exceptions.CleanableFailure;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/// A change of a table, which is decided and committed on the same state of the table.
///
/// Iceberg repeats a commit that another one came before, on the newer state, without asking whether the change is
/// still wanted. Here the change is decided again each time.
@FunctionalInterface
interface TableChange {

    /// Decides, and adds the updates to the transaction.
    ///
    /// @param base the state of the table
    /// @return whether there is anything to commit
    boolean decide(TableMetadata base, Transaction transaction);

    /// Decides and commits, until no other commit comes in between.
    ///
    /// @param name of the table, for messages
    /// @return whether something was committed
    /// @throws FailureException transient, if other commits always come in between
    static boolean commit(String name, TableOperations table, TableChange change) {
        return CommitTries.commit(name, "the table " + name, () -> {
            TableMetadata base = table.refresh();
            Transaction transaction = Transactions.newTransaction(name, new OneState(table, base));
            if (!change.decide(base, transaction)) {
                return CommitTries.Result.UNNEEDED;
            }
            try {
                transaction.commitTransaction();
                return CommitTries.Result.COMMITTED;
            } catch (Outdated _) {
                return CommitTries.Result.OUTDATED;
            }
        });
    }

    /// Another commit came first. What the transaction has written may be deleted.
    final class Outdated extends RuntimeException implements CleanableFailure {
        private static final long serialVersionUID = 1;

        Outdated(CommitFailedException cause) {
            super(cause);
        }
    }

    /// One state of a table, which can be replaced once.
    final class OneState implements TableOperations {
        private final TableOperations table;
        private final TableMetadata base;

        OneState(TableOperations table, TableMetadata base) {
            this.table = table;
            this.base = base;
        }

        @Override
        public TableMetadata current() {
            return base;
        }

        @Override
        public TableMetadata refresh() {
            return base;
        }

        /// A catalog may have committed though it reports an error: an answer was lost, or a client repeated
        /// a request that had been carried out. The files of such a commit must not be deleted.
        @Override
        public void commit(TableMetadata given, TableMetadata changed) {
            try {
                table.commit(given, changed);
            } catch (CommitFailedException e) {
                if (!isCommitted(changed)) {
                    throw new Outdated(e);
                }
            } catch (RuntimeException e) {
                if (!isCommitted(changed, e)) {
                    throw e;
                }
            }
        }

        private boolean isCommitted(TableMetadata changed) {
            Set<Long> made = new HashSet<>();
            changed.snapshots().forEach(snapshot -> made.add(snapshot.snapshotId()));
            base.snapshots().forEach(snapshot -> made.remove(snapshot.snapshotId()));
            return !made.isEmpty()
                    && table.refresh().snapshots().stream()
                            .map(Snapshot::snapshotId)
                            .anyMatch(made::contains);
        }

        private boolean isCommitted(TableMetadata changed, RuntimeException failure) {
            try {
                return isCommitted(changed);
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
                return false;
            }
        }

        @Override
        public FileIO io() {
            return table.io();
        }

        @Override
        public EncryptionManager encryption() {
            return table.encryption();
        }

        @Override
        public String metadataFileLocation(String file) {
            return table.metadataFileLocation(file);
        }

        @Override
        public LocationProvider locationProvider() {
            return table.locationProvider();
        }

        @Override
        public TableOperations temp(TableMetadata uncommitted) {
            return table.temp(uncommitted);
        }

        @Override
        public long newSnapshotId() {
            return table.newSnapshotId();
        }
    }
}
