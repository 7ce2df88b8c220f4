package io.nightshift.destination.several;

import io.nightshift.destination.BatchRemoval;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PartReuse;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.PredictionReader;
import io.nightshift.destination.Publication;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.destination.SupplementStore;
import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.ValueLimits;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Several destinations as one. Each call goes to all of them in the order of the job; a removal goes from the last
/// to the first. For people, the first one answers.
///
/// Between two calls of a publication, readers see the whole batch at the first destinations, and nothing of it at
/// the others. So the last one shows a batch only if all of them do. See
/// docs/decisions/0046-several-destinations.md.
public final class SeveralStore
        implements DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    private final List<Destination> destinations;
    private final List<DestinationStore> stores;
    private final DataSources dataSources;

    /// @param destinations those of the job, in its order
    /// @param stores one for each
    public SeveralStore(List<Destination> destinations, List<DestinationStore> stores, DataSources dataSources) {
        this.destinations = List.copyOf(destinations);
        this.stores = List.copyOf(stores);
        this.dataSources = dataSources;
    }

    private Job job(Job job, int destination) {
        return job.withDestination(destinations.get(destination));
    }

    private void each(IntConsumer call) {
        IntStream.range(0, stores.size()).forEach(call);
    }

    private void eachFromTheLast(IntConsumer call) {
        each(i -> call.accept(stores.size() - 1 - i));
    }

    private <T> List<T> all(IntFunction<List<T>> call) {
        return IntStream.range(0, stores.size())
                .mapToObj(call)
                .flatMap(List::stream)
                .toList();
    }

    private <T> Optional<T> first(IntFunction<Optional<T>> call) {
        return IntStream.range(0, stores.size())
                .mapToObj(call)
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public boolean has(Class<?> part) {
        List<DestinationStore> asked = part == PredictionReader.class ? stores.subList(0, 1) : stores;
        return asked.stream().allMatch(store -> store.has(part));
    }

    @Override
    public List<Dataset> datasets() {
        return all(i -> stores.get(i).datasets());
    }

    @Override
    public List<String> checkPlace() {
        List<String> reasons = new ArrayList<>(all(i -> stores.get(i).checkPlace()));
        if (reasons.isEmpty()) {
            each(i -> IntStream.range(0, i).forEach(before -> {
                String conflict =
                        SeveralDestinations.conflict(destinations.get(before), destinations.get(i), this::url);
                if (conflict != null) {
                    reasons.add("destination.several: %s and %s are %s"
                            .formatted(destinations.get(before), destinations.get(i), conflict));
                }
            }));
        }
        return reasons;
    }

    private String url(String dataSource) {
        return dataSources.get(dataSource).url();
    }

    @Override
    public List<String> check(Job job, ModelDescription model) {
        List<String> reasons = checkPlace();
        return reasons.isEmpty() ? all(i -> stores.get(i).check(job(job, i), model)) : reasons;
    }

    /// A row that one destination can't hold is quarantined at all of them, so that all have the same rows.
    @Override
    public ValueLimits limits() {
        List<ValueLimits> each = stores.stream().map(DestinationStore::limits).toList();
        return (type, isId) -> {
            List<ValueLimit> limits = each.stream()
                    .map(limit -> limit.of(type, isId))
                    .filter(Objects::nonNull)
                    .distinct()
                    .toList();
            return limits.size() < 2 ? (limits.isEmpty() ? null : limits.getFirst()) : anyOf(limits);
        };
    }

    private static ValueLimit anyOf(List<ValueLimit> limits) {
        return new ValueLimit(
                limits.stream()
                        .map(limit -> "(" + limit.condition().replace("%s", "%1$s") + ")")
                        .collect(Collectors.joining(" OR ", "(", ")")),
                limits.stream().map(ValueLimit::reason).distinct().collect(Collectors.joining(", or ")));
    }

    @Override
    public PartitionWriter writer(Lease lease, String node, int blockRows) {
        return new SeveralWriter(IntStream.range(0, stores.size())
                .mapToObj(i -> stores.get(i).writer(lease(lease, i), node, blockRows))
                .toList());
    }

    private Lease lease(Lease lease, int destination) {
        return new Lease(
                lease.attempt(),
                job(lease.job(), destination),
                lease.model(),
                lease.firstRow(),
                lease.slices(),
                stores.get(destination).staging(lease.attempt().batch()),
                lease.nonce(),
                lease.other());
    }

    @Override
    public void remove(Lease lease) {
        each(i -> stores.get(i).remove(lease(lease, i)));
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelDescription model) {
        each(i -> stores.get(i).prepare(batch, job(job, i), model));
    }

    /// For people: each writer finds its own.
    @Override
    public String staging(BatchId batch) {
        return stores.stream().map(store -> store.staging(batch)).collect(Collectors.joining(", "));
    }

    @Override
    public Publication publish(CommittedBatch batch, Runnable before) {
        Publication[] publications = new Publication[stores.size()];
        publish(batch, stores.size() - 1, before, publications);
        return Publication.of(List.of(publications));
    }

    /// Publishes at a destination, and just before its last step at those before it.
    private void publish(CommittedBatch batch, int last, Runnable before, Publication[] publications) {
        if (last < 0) {
            before.run();
            return;
        }
        publications[last] =
                stores.get(last).publish(batch.at(last), () -> publish(batch, last - 1, before, publications));
    }

    @Override
    public Optional<Publication> fence(BatchId batch, int incarnation) {
        List<Publication> visible =
                all(i -> stores.get(i).fence(batch, incarnation).stream().toList());
        return visible.isEmpty() ? Optional.empty() : Optional.of(Publication.of(visible));
    }

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        each(i -> stores.get(i).keepQuarantine(batch.at(i)));
    }

    @Override
    public void discard(BatchId batch) {
        each(i -> stores.get(i).discard(batch));
    }

    @Override
    public void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        each(i -> stores.get(i).supplements().prepareSupplement(batch.at(i), job(job, i), model));
    }

    /// In the order of the job. A repetition finishes what was begun.
    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        return Publication.of(all(i -> List.of(stores.get(i).supplements().publishSupplement(batch.at(i)))));
    }

    /// In the order of publication: if readers don't see the supplement at the first destination, and never will,
    /// no coordinator goes on to the others. If they see it there, it is published at the others too.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        if (stores.getFirst().supplements().withdrawSupplement(batch.at(0)).isPresent()) {
            return Optional.of(publishSupplement(batch));
        }
        for (int i = 1; i < stores.size(); i++) {
            if (stores.get(i).supplements().withdrawSupplement(batch.at(i)).isPresent()) {
                throw FailureException.permanent(
                        "readers see the supplement of %s in %s, but it is gone from %s. Repair the batch there, or remove it from both"
                                .formatted(batch.id(), destinations.get(i), destinations.getFirst()));
            }
        }
        return Optional.empty();
    }

    /// A destination that fails does not keep the others from it.
    @Override
    public void discardSupplement(BatchId batch, int incarnation) {
        FailureException first = null;
        for (DestinationStore store : stores) {
            try {
                store.supplements().discardSupplement(batch, incarnation);
            } catch (FailureException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    @Override
    public Optional<String> reuseRefusal(Job job) {
        return first(i -> stores.get(i).reuseRefusal(job(job, i)));
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        each(i -> stores.get(i).reusableParts().reuse(published, batch, at(parts, i)));
    }

    static List<PartitionCommit> at(List<PartitionCommit> commits, int destination) {
        return commits.stream().map(commit -> commit.at(destination)).toList();
    }

    @Override
    public void unpublish(BatchId batch) {
        eachFromTheLast(i -> stores.get(i).removal().unpublish(batch));
    }

    @Override
    public void delete(BatchId batch) {
        eachFromTheLast(i -> stores.get(i).removal().delete(batch));
    }

    /// A destination may have joined the job later.
    @Override
    public Optional<BatchId> newest(String job) {
        return all(i -> stores.get(i).newest(job).stream().toList()).stream().max(Comparator.naturalOrder());
    }

    @Override
    public Optional<String> manifest(BatchId published) {
        return first(i -> stores.get(i).manifest(published));
    }

    @Override
    public OutputProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published) {
        List<Publication> seen = published == null ? List.of() : published.each();
        List<OutputProof> proofs = new ArrayList<>();
        try {
            each(i -> proofs.add(stores.get(i).verify(batch.at(i), phase, i < seen.size() ? seen.get(i) : null)));
        } catch (RuntimeException e) {
            proofs.forEach(OutputProof::close);
            throw e;
        }
        return new SeveralProof(destinations.stream().map(Destination::toString).toList(), proofs);
    }

    @Override
    public Query query(BatchId batch, String published, String column, boolean quarantine) {
        return stores.getFirst().query(batch, published, column, quarantine);
    }

    @Override
    public FirstRows head(BatchId batch, String published, int limit) {
        return stores.getFirst().predictions().head(batch, published, limit);
    }

    @Override
    public void open(BatchId batch, String published, Connection duckDb, String name) {
        stores.getFirst().predictions().open(batch, published, duckDb, name);
    }

    @Override
    public QuarantinedRows quarantined(CommittedBatch batch) {
        return stores.getFirst().quarantined(batch.at(0));
    }

    @Override
    public Optional<String> quarantineFile(Attempt committed) {
        return stores.getFirst().quarantineFile(committed);
    }
}
