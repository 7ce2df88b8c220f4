package io.nightshift.destination.objects;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The addresses of a batch's objects below a destination's prefix.
///
/// ```
/// PREFIX/_staging/batch=ID/publication.json   the register: who may publish, and what was decided
/// PREFIX/_staging/batch=ID/attempts/          what workers write, one object an attempt
/// PREFIX/batch=ID/                            the manifest, then the parts, then _SUCCESS
/// PREFIX/batch=ID/_supplement.json            the register of the batch's supplements, once it has had one
/// PREFIX/_latest-JOB.json                     names the newest published batch of a job
/// PREFIX/_quarantine/batch=ID/                the quarantined rows of a cancelled batch
/// PREFIX/_nightshift                          tells the destination from another prefix or store
/// ```
///
/// @param prefix the destination's; its key is empty or ends with `/`
record BatchKeys(ObjectAddress prefix, BatchId batch) {

    /// The name of the register of supplements below the published prefix.
    static final String SUPPLEMENT = "_supplement.json";

    /// The keys of staged objects, below the prefix of all that is staged.
    private static final Pattern STAGED =
            Pattern.compile("batch=([^/]+)/(?:publication[.]json|attempts/[^/]+[.]\\d+-\\d+(?:[.]\\d+)?[.]staged)");

    /// The prefix of a destination.
    ///
    /// @param text as the job has it
    static ObjectAddress prefix(String text) {
        ObjectAddress address = ObjectAddress.of(text);
        String key = address.key();
        return key.isEmpty() || key.endsWith("/") ? address : address.with(key + "/");
    }

    /// The published prefix, from which readers read.
    String published() {
        return below(folder()).toString();
    }

    /// A published object.
    ObjectAddress published(String name) {
        return below(folder() + "/" + name);
    }

    private String folder() {
        return "batch=" + batch;
    }

    /// The prefix of all batches that are not published.
    static ObjectAddress stagingRoot(ObjectAddress prefix) {
        return prefix.with(prefix.key() + "_staging/");
    }

    /// The batch whose attempt or coordinator has staged an object; null if another program has written the object.
    ///
    /// @param prefix of the destination
    static @Nullable BatchId stagedBatch(ObjectAddress prefix, ObjectAddress address) {
        Matcher matcher =
                STAGED.matcher(address.key().substring(stagingRoot(prefix).key().length()));
        return matcher.matches() && BatchId.isValid(matcher.group(1)) ? new BatchId(matcher.group(1)) : null;
    }

    /// The prefix of everything that is staged of the batch.
    ObjectAddress staged() {
        return below("_staging/" + folder() + "/");
    }

    /// Where attempts write, without `/` at the end.
    ObjectAddress attempts() {
        return below("_staging/" + folder() + "/attempts");
    }

    /// An object that an attempt has written.
    ObjectAddress attempt(String name) {
        return below("_staging/" + folder() + "/attempts/" + name);
    }

    ObjectAddress register() {
        return below("_staging/" + folder() + "/" + PublicationRegister.NAME);
    }

    /// The register of the supplements of the published batch. It stays as long as the batch, so each
    /// change of it has an earlier version as its condition.
    ObjectAddress supplementRegister() {
        return published(SUPPLEMENT);
    }

    /// The mark: an object that is written before the first batch is published, and never deleted.
    ObjectAddress marker() {
        return below("_nightshift");
    }

    /// An object with the quarantined rows of a cancelled batch.
    ObjectAddress keptQuarantine(String name) {
        return below("_quarantine/" + folder() + "/" + name);
    }

    private ObjectAddress below(String name) {
        return prefix.with(prefix.key() + name);
    }
}
