package io.nightshift.delta.destination;

import io.delta.kernel.commit.CommitFailedException;
import io.delta.kernel.commit.CommitMetadata;
import io.delta.kernel.commit.CommitResponse;
import io.delta.kernel.commit.Committer;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.actions.CommitInfo;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.commit.DefaultFileSystemManagedTableOnlyCommitter;
import io.delta.kernel.utils.CloseableIterator;
import java.util.Map;
import java.util.TreeMap;

/// The kernel's committer, which also writes notes into the history of the table: the kernel leaves the parameters
/// of its operations empty.
///
/// @param notes the parameters of the operation, by their names
record NotingCommitter(Map<String, String> notes) implements Committer {

    @Override
    public CommitResponse commit(Engine engine, CloseableIterator<Row> actions, CommitMetadata commit)
            throws CommitFailedException {
        Row noted = SingleAction.createCommitInfoSingleAction(
                noted(commit.getCommitInfo()).toRow());
        return DefaultFileSystemManagedTableOnlyCommitter.INSTANCE.commit(
                engine,
                actions.map(action -> action.isNullAt(SingleAction.COMMIT_INFO_ORDINAL) ? action : noted),
                commit);
    }

    private CommitInfo noted(CommitInfo info) {
        Map<String, String> parameters = new TreeMap<>(info.getOperationParameters());
        parameters.putAll(notes);
        return new CommitInfo(
                info.getInCommitTimestamp(),
                info.getTimestamp(),
                info.getEngineInfo(),
                info.getOperation(),
                parameters,
                info.getIsBlindAppend(),
                info.getTxnId(),
                info.getOperationMetrics());
    }
}
