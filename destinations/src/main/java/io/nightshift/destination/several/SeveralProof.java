package io.nightshift.destination.several;

import io.nightshift.destination.Check;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.plan.Slice;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Compares the output at several destinations with the ledger. Each problem names its destination.
final class SeveralProof implements OutputProof {

    private final List<String> names;
    private final List<OutputProof> proofs;

    /// @param names of the destinations, for people
    /// @param proofs one for each
    SeveralProof(List<String> names, List<OutputProof> proofs) {
        this.names = List.copyOf(names);
        this.proofs = List.copyOf(proofs);
    }

    @Override
    public List<OutputProof> each() {
        return proofs;
    }

    @Override
    public String place() {
        return "places";
    }

    /// Collects what the checks of the destinations find, and ends one check with it.
    private final class Collected {
        private final Check check;
        private final List<String> proved = new ArrayList<>();
        private final List<String> open = new ArrayList<>();

        Collected(Check check) {
            this.check = check;
        }

        Check of(int destination) {
            String name = names.get(destination);
            return new Check(name, finding -> {
                String text = name + ": " + finding.detail();
                switch (finding.outcome()) {
                    case BROKEN -> check.problem("%s", text);
                    case PROVED -> proved.add(text);
                    case OPEN -> open.add(text);
                }
            });
        }

        /// A check that has found a problem says nothing more than how many there are.
        void end() {
            if (!open.isEmpty()) {
                check.open("%s", String.join("; ", open));
            } else if (!proved.isEmpty() || check.hasProblems()) {
                check.proved("%s", String.join("; ", proved));
            }
        }
    }

    private void each(Check check, BiConsumer<OutputProof, Check> part) {
        Collected collected = new Collected(check);
        for (int i = 0; i < proofs.size(); i++) {
            part.accept(proofs.get(i), collected.of(i));
        }
        collected.end();
    }

    @Override
    public void checkPlace(Check place) {
        each(place, OutputProof::checkPlace);
    }

    @Override
    public void checkProvenance(Check provenance) {
        each(provenance, OutputProof::checkProvenance);
    }

    /// The first one's: see [#each()].
    @Override
    public InputStream manifest() throws IOException {
        return proofs.getFirst().manifest();
    }

    /// The first one's: see [#each()].
    @Override
    public @Nullable FileNames files() {
        return proofs.getFirst().files();
    }

    @Override
    public boolean checkRows(Check checksums, Check rows) {
        Collected allChecksums = new Collected(checksums);
        Collected allRows = new Collected(rows);
        boolean isReadable = true;
        for (int i = 0; i < proofs.size(); i++) {
            isReadable &= proofs.get(i).checkRows(allChecksums.of(i), allRows.of(i));
        }
        allChecksums.end();
        allRows.end();
        return isReadable;
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        return IntStream.range(0, proofs.size())
                .allMatch(i -> proofs.get(i).areSame(SeveralStore.at(commits, i), slices));
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        return IntStream.range(0, proofs.size())
                .boxed()
                .flatMap(i -> proofs.get(i).repeated(SeveralStore.at(commits, i), limit).stream()
                        .map(id -> names.get(i) + ": " + id))
                .limit(limit)
                .toList();
    }

    /// The digests prove that all have the same predictions as were committed, so one is enough.
    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        return proofs.getFirst().predictions(SeveralStore.at(commits, 0), visitor);
    }

    @Override
    public void checkStaging(Check staging) {
        each(staging, OutputProof::checkStaging);
    }

    @Override
    public void close() {
        close(0);
    }

    private void close(int from) {
        if (from < proofs.size()) {
            try {
                proofs.get(from).close();
            } finally {
                close(from + 1);
            }
        }
    }
}
