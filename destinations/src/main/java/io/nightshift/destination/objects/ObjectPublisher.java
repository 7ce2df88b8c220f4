package io.nightshift.destination.objects;

import io.nightshift.destination.BatchPublisher;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.PlaceMark;
import io.nightshift.destination.Publication;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.OutputRows;
import io.nightshift.destination.objects.PublicationRegister.State;
import io.nightshift.destination.objects.PublicationRegister.Version;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectContent;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import io.nightshift.storage.objectstore.ObjectStore.Upload;
import io.nightshift.storage.objectstore.ParallelRequests;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes a batch below a prefix; the addresses are those of [BatchKeys].
///
/// A coordinator claims the batch in the [PublicationRegister], checks that the committed objects are there,
/// and decides. Then anybody can carry the decision out, again and again: the manifest, a copy of each
/// committed object inside the store, `_SUCCESS`, the pointer to the newest batch. Last, what is staged is
/// deleted.
final class ObjectPublisher implements BatchPublisher {

    private static final Logger LOG = LoggerFactory.getLogger(ObjectPublisher.class);

    /// The epoch at the end of the name of a staged object.
    private static final Pattern EPOCH = Pattern.compile("[.](\\d+)-\\d+([.]\\d+)?[.]staged$");

    private static final String MARK =
            "Nightshift publishes batches below this prefix. If this object is gone, Nightshift assumes that this is another store.\n";

    private final ObjectAddress prefix;
    private final FileFormat format;
    private final FileNames names;
    private final OutputRows rows;
    private final ObjectCopies copies;
    private final ObjectStore store;
    private final BatchKeys keys;
    private final PublicationRegister register;
    private final PublicationRegister supplements;
    private final List<PublicationDecision.Copy> committed = new ArrayList<>();
    private @Nullable Version claimed;
    private @Nullable PublicationDecision decision;
    private boolean isTidy;

    ObjectPublisher(BatchKeys keys, FileFormat format, FileNames names, OutputRows rows, ObjectCopies copies) {
        this.keys = keys;
        this.prefix = keys.prefix();
        this.format = format;
        this.names = names;
        this.rows = rows;
        this.copies = copies;
        this.store = copies.stores().forWriting(prefix);
        this.register = new PublicationRegister(store, keys.register());
        this.supplements = new PublicationRegister(store, keys.supplementRegister());
    }

    void prepare() {
        register.open();
        deleteOrphans();
    }

    // The steps of the publication.

    @Override
    public boolean isDecided() {
        return claimed == null ? isPublished() : claimed.state() instanceof State.Decided;
    }

    @Override
    public boolean claim(int incarnation) {
        claimed = register.claim(incarnation);
        if (claimed == null ? !isPublished() : claimed.state() instanceof State.Closed) {
            throw register.closed();
        }
        return true;
    }

    @Override
    public void fence(int incarnation) {
        requirePlace();
        claimed = register.claim(incarnation);
    }

    @Override
    public void requireParts(CommittedBatch batch) {
        Map<ObjectAddress, Long> staged = new HashMap<>();
        store.list(keys.attempt(""), found -> staged.put(found.address(), found.bytes()));
        for (PartitionCommit commit : batch.commits()) {
            for (FileNames.Committed file : names.of(batch.id(), commit).toList()) {
                ObjectAddress address = keys.attempt(file.stagedName());
                requireCommitted(address, staged.get(address), file.file().bytes());
                committed.add(copy(file));
            }
        }
    }

    private static PublicationDecision.Copy copy(FileNames.Committed file) {
        return new PublicationDecision.Copy(
                file.name(), file.stagedName(), file.file().bytes());
    }

    @Override
    public void refuseRepeatedIds(CommittedBatch batch) {
        rows.refuseRepeatedIds(
                batch.job().source(),
                committed.stream()
                        .map(copy -> new StoredFile(keys.attempt(copy.staged()), copies))
                        .toList());
    }

    @Override
    public void stageManifest(CommittedBatch batch) {
        decision = new PublicationDecision(
                batch.job().name(), text(batch), committed, loadStatements(batch, committed), 0, List.of());
    }

    @Override
    public void decide(CommittedBatch batch) {
        register.decide(Objects.requireNonNull(claimed), Objects.requireNonNull(decision));
    }

    @Override
    public Publication carryOut(int incarnation) {
        isTidy = carryOutDecided(incarnation);
        return publication();
    }

    /// An earlier call may have ended before everything was deleted.
    @Override
    public void removeStaged(int incarnation) {
        if (!isTidy) {
            deleteStaged(incarnation);
        }
    }

    /// Checks that this is the store in which a batch was prepared. A store that was replaced or emptied, or a
    /// proxy without the bucket, answers that there is no object.
    void requirePlace() {
        for (ObjectAddress trace :
                List.of(keys.published(BatchFolders.SUCCESS), keys.register(), keys.published(BatchFolders.MANIFEST))) {
            if (store.find(trace) != null) {
                return;
            }
        }
        ObjectContent mark = store.get(keys.marker());
        if (mark != null && PlaceMark.proves(mark.bytes(), keys.batch())) {
            return;
        }
        throw new FailureException(Failure.of(
                FailedResource.Type.MOUNT,
                prefix.toString(),
                "destination: there is nothing of %s below %s in %s. Check the settings of the store. If the objects were deleted permanently, write an empty object %s, also in place of the one that is there; Nightshift then treats the batch as deleted"
                        .formatted(keys.batch(), prefix, store, keys.marker())));
    }

    private boolean isPublished() {
        return store.find(keys.published(BatchFolders.SUCCESS)) != null;
    }

    private Publication publication() {
        ObjectContent manifest = store.get(keys.published(BatchFolders.MANIFEST));
        if (manifest == null) {
            throw FailureException.permanent(
                    "destination: %s is gone".formatted(keys.published(BatchFolders.MANIFEST)));
        }
        return new Publication(keys.published(), Digests.sha256(manifest.bytes()));
    }

    private String text(CommittedBatch batch) {
        ByteArrayOutputStream manifest = new ByteArrayOutputStream();
        try {
            Manifest.write(manifest, batch, names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return manifest.toString(StandardCharsets.UTF_8);
    }

    private Map<String, String> loadStatements(CommittedBatch batch, List<PublicationDecision.Copy> all) {
        List<PublicationDecision.Copy> parts = all.stream()
                .filter(copy -> names.isPart(copy.name().substring(copy.name().lastIndexOf('/') + 1)))
                .toList();
        return LoadStatements.of(batch.job().destination().loads(), keys, format, parts);
    }

    // Supplements of a published batch.

    @Override
    public void prepareSupplement(CommittedBatch batch) {
        requirePublished();
        carryOutSupplement();
        supplements.reopen(batch.incarnation());
        try {
            deleteAllStaged(batch.incarnation() - 1);
        } catch (FailureException e) {
            // Nothing depends on it. The publication of the supplement removes them.
            LOG.warn("{}: staged objects could not be removed: {}", keys.batch(), e.getMessage());
        }
    }

    /// Decides in the register of supplements, and carries out: copies of the committed objects, then the
    /// statements that load them, then the manifest. A part is one object, so a reader that lists objects
    /// sees all healed rows or none. Last, the superseded quarantine is deleted.
    @Override
    public Publication publishSupplement(CommittedBatch batch) {
        int number = batch.supplements().size();
        if (!hasSupplement(number)) {
            Version claimed = supplements.claim(batch.incarnation());
            boolean isGone = claimed == null || claimed.state() instanceof State.Closed;
            if (isGone && !hasSupplement(number)) {
                throw FailureException.permanent("the committed objects of %s are gone from %s"
                        .formatted(batch.supplements().getLast().commit().attempt(batch.id()), keys.staged()));
            }
            if (claimed != null && claimed.state() instanceof State.Open) {
                supplements.decide(claimed, supplement(batch));
            }
        }
        carryOutSupplement();
        if (!hasSupplement(number)) {
            throw new FailureException(Failure.transientFailure(
                    "another coordinator has changed %s".formatted(keys.supplementRegister())));
        }
        deleteStaged(batch.incarnation());
        return publication();
    }

    /// Whether readers see a supplement, as the manifest has it.
    ///
    /// @throws FailureException permanent, if the batch is gone
    private boolean hasSupplement(int number) {
        requirePublished();
        Optional<String> manifest = manifest();
        if (manifest.isEmpty()) {
            throw gone();
        }
        return Manifest.supplements(manifest.get()) >= number;
    }

    private void requirePublished() {
        if (!isPublished()) {
            requirePlace();
            throw gone();
        }
    }

    private FailureException gone() {
        return FailureException.permanent(
                "%s is gone, so no rows can be added to the batch".formatted(keys.published()));
    }

    private PublicationDecision supplement(CommittedBatch batch) {
        PartitionCommit commit = batch.supplements().getLast().commit();
        List<PublicationDecision.Copy> added = new ArrayList<>();
        for (FileNames.Committed file : names.of(batch.id(), commit).toList()) {
            ObjectAddress address = keys.attempt(file.stagedName());
            StoredObject found = store.find(address);
            requireCommitted(
                    address, found == null ? null : found.bytes(), file.file().bytes());
            added.add(copy(file));
        }
        Set<String> quarantines = batch.commits().stream()
                .map(PartitionCommit::partition)
                .filter(partition -> partition != commit.partition())
                .map(names::quarantine)
                .collect(Collectors.toSet());
        List<String> superseded = new ArrayList<>();
        String published = keys.published("").key();
        store.list(keys.published("_quarantine-"), found -> {
            String name = found.address().key().substring(published.length());
            if (quarantines.contains(name)) {
                superseded.add(name);
            }
        });
        List<PublicationDecision.Copy> all = batch.commits().stream()
                .flatMap(each -> names.of(batch.id(), each))
                .map(ObjectPublisher::copy)
                .toList();
        return new PublicationDecision(
                batch.job().name(),
                text(batch),
                added,
                loadStatements(batch, all),
                batch.supplements().size(),
                superseded);
    }

    /// Carries out the supplement that was decided, if one was. A process that does so late changes nothing
    /// that a later supplement has written: each replacement has the version before the supplement as its
    /// condition.
    private void carryOutSupplement() {
        Version found = supplements.read();
        if (found == null || !(found.state() instanceof State.Decided decided)) {
            return;
        }
        PublicationDecision decision = decided.decision();
        if (!hasSupplement(decision.supplement())) {
            ParallelRequests.run(decision.copies(), this::publish);
            decision.texts().forEach((name, text) -> replace(name, text, decision.supplement()));
            replace(BatchFolders.MANIFEST, decision.manifest(), decision.supplement());
            if (!hasSupplement(decision.supplement())) {
                throw new FailureException(Failure.transientFailure("%s was replaced while rows were added to the batch"
                        .formatted(keys.published(BatchFolders.MANIFEST))));
            }
        }
        ParallelRequests.run(decision.superseded(), name -> store.delete(keys.published(name)));
        supplements.end(found);
    }

    /// Closes the register, so that no earlier coordinator decides any more. A supplement that was decided may
    /// be carried out by any process at any time, so it is withdrawn only if nobody can carry it out. Until the
    /// register is closed, no other supplement is opened, so the copies that are deleted are those of this one.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        requirePlace();
        for (Version found = supplements.read();
                found != null && !(found.state() instanceof State.Closed);
                found = supplements.read()) {
            if (found.state() instanceof State.Decided decided) {
                if (canBeCarriedOut(decided.decision())) {
                    return Optional.of(publishSupplement(batch));
                }
                ParallelRequests.run(decided.decision().copies(), copy -> store.delete(keys.published(copy.name())));
            }
            supplements.close(found, batch.incarnation());
        }
        boolean isVisible = isPublished() && isShown(batch.supplements().size());
        deleteStaged(batch.incarnation());
        return isVisible ? Optional.of(publication()) : Optional.empty();
    }

    private boolean canBeCarriedOut(PublicationDecision decision) {
        return isPublished()
                && manifest().isPresent()
                && (isShown(decision.supplement())
                        || decision.copies().stream()
                                .allMatch(copy -> isThere(keys.attempt(copy.staged()), copy)
                                        || isThere(keys.published(copy.name()), copy)));
    }

    private boolean isThere(ObjectAddress address, PublicationDecision.Copy copy) {
        StoredObject found = store.find(address);
        return found != null && found.bytes() == copy.bytes();
    }

    private boolean isShown(int supplement) {
        return manifest()
                .filter(manifest -> Manifest.supplements(manifest) >= supplement)
                .isPresent();
    }

    /// Replaces an object unless readers see the supplement. The version is read before that question is
    /// asked.
    private void replace(String name, String text, int supplement) {
        ObjectContent now = store.get(keys.published(name));
        if (!hasSupplement(supplement)) {
            store.put(
                    keys.published(name),
                    text.getBytes(StandardCharsets.UTF_8),
                    now == null ? new Condition.IfAbsent() : new Condition.IfTag(now.tag()));
        }
    }

    @Override
    public void discardSupplement(int incarnation) {
        requirePlace();
        Version found = supplements.read();
        if (found != null && found.state() instanceof State.Open open && open.incarnation() <= incarnation) {
            supplements.end(found);
        }
        deleteAllStaged(incarnation);
    }

    /// The store copies. As a writer does, this looks for the register before and afterwards, so that nothing
    /// is left of a batch that has ended meanwhile.
    @Override
    public void reuse(BatchId published, List<PartitionCommit> parts) {
        BatchKeys from = new BatchKeys(prefix, published);
        if (!register.exists()) {
            throw register.closed();
        }
        List<FileNames.Committed> files =
                parts.stream().flatMap(commit -> names.of(keys.batch(), commit)).toList();
        ParallelRequests.run(files, file -> reuse(from.published(file.name()), keys.attempt(file.stagedName()), file));
        if (!register.exists()) {
            files.forEach(file -> store.delete(keys.attempt(file.stagedName())));
            throw register.closed();
        }
    }

    /// The bytes do not come here, so the length is compared; a verification of the batch compares the digests.
    private void reuse(ObjectAddress published, ObjectAddress staged, FileNames.Committed file) {
        long bytes = file.file().bytes();
        StoredObject found = store.find(published);
        if (found == null || found.bytes() != bytes || !store.copy(published, bytes, staged)) {
            throw FailureException.permanent(
                    "the published object %s is gone or was changed, so it can't be reused".formatted(published));
        }
    }

    private static void requireCommitted(ObjectAddress address, @Nullable Long found, long bytes) {
        if (found == null) {
            throw FailureException.permanent(
                    "the committed object %s is gone. Start over with --new".formatted(address));
        }
        if (found != bytes) {
            throw FailureException.permanent(String.format(
                    Locale.ROOT,
                    "the committed object %s has %,d bytes instead of %,d. Start over with --new",
                    address,
                    found,
                    bytes));
        }
    }

    /// Carries out what was decided, if something was. Each step may be repeated, also by two processes at a
    /// time: they write the same.
    ///
    /// @return whether something was decided
    private boolean carryOutDecided(int incarnation) {
        Version found = register.read();
        if (found == null || !(found.state() instanceof State.Decided decided)) {
            return false;
        }
        PublicationDecision decision = decided.decision();
        if (!isPublished()) {
            put(BatchFolders.MANIFEST, decision.manifest());
            ParallelRequests.run(decision.copies(), this::publish);
            decision.texts().forEach((name, text) -> put(name, text));
            if (!register.exists()) {
                // Another process has finished this meanwhile. The batch may even be removed again.
                return true;
            }
            mark();
            put(BatchFolders.SUCCESS, "");
        }
        new LatestPointer(store, prefix, decision.job()).move(keys, names);
        deleteStaged(incarnation);
        return true;
    }

    /// Replaces the mark of a later batch: this batch is here, too. If another process replaces it meanwhile, the
    /// next call sees what it has written.
    private void mark() {
        byte[] mark = PlaceMark.of(keys.batch(), MARK);
        while (!store.put(keys.marker(), mark, new Condition.IfAbsent())) {
            ObjectContent found = store.get(keys.marker());
            if (found != null
                    && (PlaceMark.proves(found.bytes(), keys.batch())
                            || store.put(keys.marker(), mark, new Condition.IfTag(found.tag())))) {
                return;
            }
        }
    }

    private void put(String name, String text) {
        store.put(keys.published(name), text.getBytes(StandardCharsets.UTF_8), new Condition.Always());
    }

    private void publish(PublicationDecision.Copy copy) {
        ObjectAddress published = keys.published(copy.name());
        if (!store.copy(keys.attempt(copy.staged()), copy.bytes(), published)) {
            StoredObject there = store.find(published);
            if (there == null || there.bytes() != copy.bytes()) {
                throw FailureException.permanent("the committed object %s is gone. Start over with --new"
                        .formatted(keys.attempt(copy.staged())));
            }
        }
    }

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        if (!register.exists()) {
            return;
        }
        List<PartitionCommit> bad = batch.commits().stream()
                .filter(commit -> commit.quarantined() > 0)
                .toList();
        ParallelRequests.run(
                bad,
                commit -> names.of(batch.id(), commit)
                        .filter(file -> file.file().equals(commit.quarantine()))
                        .forEach(file -> store.copy(
                                keys.attempt(file.stagedName()),
                                file.file().bytes(),
                                keys.keptQuarantine(file.name()))));
    }

    /// Without the register nobody publishes the batch again. Then the pointer goes to an earlier batch, and last
    /// `_SUCCESS` is deleted, by which readers know a whole batch.
    @Override
    public void unpublish() {
        if (isPublished()) {
            // An earlier version has left none. Without it, nothing tells a deleted batch from an emptied store.
            mark();
            store.delete(keys.register());
            BatchId batch = keys.batch();
            new LatestPointer(store, prefix, batch.job()).leave(batch, () -> newestBut(batch), names);
            store.delete(keys.published(BatchFolders.SUCCESS));
        } else {
            requirePlace();
        }
    }

    /// The newest batch of a batch's job but for that batch; null if there is none.
    private @Nullable BatchId newestBut(BatchId batch) {
        List<BatchId> others = new ArrayList<>();
        ObjectAddress folders = prefix.with(prefix.key() + "batch=" + batch.job() + "-");
        store.list(folders, found -> {
            String name = found.address().key().substring(prefix.key().length() + "batch=".length());
            int slash = name.indexOf('/');
            if (name.endsWith("/" + BatchFolders.SUCCESS) && BatchId.isValid(name.substring(0, slash))) {
                others.add(new BatchId(name.substring(0, slash)));
            }
        });
        return others.stream()
                .filter(other -> other.isOfJob(batch.job()) && !other.equals(batch))
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /// Leaves a batch alone that is open.
    @Override
    public void delete() {
        if (!register.exists()) {
            List<ObjectAddress> left = new ArrayList<>();
            for (ObjectAddress part : List.of(keys.published(""), keys.staged(), keys.keptQuarantine(""))) {
                store.list(part, found -> left.add(found.address()));
            }
            ParallelRequests.run(left, store::delete);
            ParallelRequests.run(store.uploads(keys.staged()), store::abort);
        }
    }

    @Override
    public void discard() {
        if (isPublished()) {
            LOG.debug("{}: it is published, so nothing is staged of it", keys.batch());
        } else if (register.close()) {
            deleteAllStaged(Integer.MAX_VALUE);
        } else {
            LOG.warn("{}: nothing that is staged is removed, since the batch is being published", keys.batch());
        }
    }

    /// As [#deleteAllStaged].
    ///
    /// @throws FailureException transient, if something can't be removed
    private void deleteStaged(int incarnation) {
        try {
            deleteAllStaged(incarnation);
        } catch (FailureException e) {
            String message = "%s: staged objects can't be removed: %s".formatted(keys.batch(), e.getMessage());
            throw new FailureException(Failure.of(FailedResource.Type.STORAGE, prefix.toString(), message), e);
        }
    }

    /// The register goes first: a worker that writes later finds that it is gone, and removes what it has
    /// written. What attempts of later coordinators have written stays while a supplement is open. That is
    /// asked after the list: so no object in the list belongs to a supplement that is opened later.
    private void deleteAllStaged(int incarnation) {
        store.delete(keys.register());
        List<Upload> uploads = new ArrayList<>(store.uploads(keys.staged()));
        List<ObjectAddress> staged = new ArrayList<>();
        store.list(keys.staged(), found -> staged.add(found.address()));
        boolean isLater = Stream.concat(staged.stream(), uploads.stream().map(Upload::address))
                .anyMatch(address -> incarnation(address) > incarnation);
        if (isLater && supplements.isInUse()) {
            staged.removeIf(address -> incarnation(address) > incarnation);
            uploads.removeIf(upload -> incarnation(upload.address()) > incarnation);
        }
        ParallelRequests.run(staged, store::delete);
        ParallelRequests.run(uploads, store::abort);
    }

    /// The incarnation of the coordinator whose attempt has written an object; 0 of objects that no attempt
    /// writes.
    private static int incarnation(ObjectAddress staged) {
        Matcher matcher = EPOCH.matcher(staged.key());
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    /// Deletes what workers have written that died or were frozen when their batch ended: what is staged of
    /// batches without a register. Each register is asked for after the uploads and the objects were listed. So an
    /// upload or an object that is found had a register when it was begun, and if that is not found, the batch has
    /// ended. What other programs have written stays.
    private void deleteOrphans() {
        ObjectAddress root = BatchKeys.stagingRoot(prefix);
        try {
            Map<BatchId, List<Upload>> uploads = new HashMap<>();
            Map<BatchId, List<ObjectAddress>> staged = new HashMap<>();
            store.uploads(root).forEach(upload -> add(uploads, upload.address(), upload));
            store.list(root, found -> add(staged, found.address(), found.address()));
            Set<BatchId> ended = new HashSet<>(uploads.keySet());
            ended.addAll(staged.keySet());
            ended.removeIf(this::isOpen);
            List<ObjectAddress> orphans = ended.stream()
                    .flatMap(batch -> staged.getOrDefault(batch, List.of()).stream())
                    .toList();
            ParallelRequests.run(orphans, store::delete);
            List<Upload> abandoned = ended.stream()
                    .flatMap(batch -> uploads.getOrDefault(batch, List.of()).stream())
                    .toList();
            ParallelRequests.run(abandoned, store::abort);
            if (!ended.isEmpty()) {
                LOG.info(
                        "{}: removed {} objects and {} uploads of batches that have ended",
                        root,
                        orphans.size(),
                        abandoned.size());
            }
        } catch (FailureException e) {
            LOG.warn("{}: objects of batches that have ended could not be removed: {}", root, e.getMessage());
        }
    }

    private boolean isOpen(BatchId batch) {
        BatchKeys other = new BatchKeys(prefix, batch);
        return new PublicationRegister(store, other.register()).exists()
                || new PublicationRegister(store, other.supplementRegister()).isInUse();
    }

    private <T> void add(Map<BatchId, List<T>> all, ObjectAddress address, T found) {
        BatchId batch = BatchKeys.stagedBatch(prefix, address);
        if (batch != null) {
            all.computeIfAbsent(batch, _ -> new ArrayList<>()).add(found);
        }
    }

    @Override
    public Optional<String> manifest() {
        ObjectContent manifest = store.get(keys.published(BatchFolders.MANIFEST));
        return manifest == null ? Optional.empty() : Optional.of(new String(manifest.bytes(), StandardCharsets.UTF_8));
    }

    @Override
    public void close() {}
}
