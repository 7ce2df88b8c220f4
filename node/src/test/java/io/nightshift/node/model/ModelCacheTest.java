package io.nightshift.node.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCacheTest {

    private static final int BYTES = 16;

    @TempDir
    Path folder;

    private final List<ModelVersion> loads = new ArrayList<>();

    /// A model of which only the size matters.
    private record SizedModel(long heapBytes) implements Model {
        @Override
        public ModelDescription description() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Scorer scorer() {
            throw new UnsupportedOperationException();
        }

        @Override
        public String kernel() {
            return "none";
        }
    }

    private static ModelVersion version(int number) {
        return new ModelVersion("churn", number, "0".repeat(64));
    }

    private ModelCache cache(long limit) {
        return new ModelCache(new ModelRegistry(folder), this::load, limit);
    }

    private Model load(ModelVersion version) {
        loads.add(version);
        return new SizedModel(BYTES);
    }

    private static void awaitGate(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theModelsThatWereUsedLastAreKeptUpToALimit() {
        ModelCache cache = cache(3 * BYTES);
        Model first = cache.get(version(1));
        for (int number = 2; number <= 20; number++) {
            assertThat(cache.get(version(1))).isSameAs(first);
            cache.get(version(number));
            assertThat(cache.keptBytes()).isLessThanOrEqualTo(3 * BYTES);
        }
        assertThat(loads).hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void aModelInUseIsNotLoadedAgain() {
        ModelCache cache = cache(BYTES);
        Model used = cache.get(version(1));
        cache.get(version(2));
        assertThat(cache.keptBytes()).isEqualTo(BYTES);

        assertThat(cache.get(version(1))).isSameAs(used);
        assertThat(loads).containsExactly(version(1), version(2));
    }

    @Test
    void aModelLargerThanTheLimitIsKeptAlone() {
        ModelCache cache = cache(BYTES - 1);
        cache.get(version(1));
        cache.keep(version(2), new SizedModel(2 * BYTES));

        assertThat(cache.keptBytes()).isEqualTo(2 * BYTES);
    }

    @Test
    void aModelIsLoadedOnceForAllThatWantItAndHoldsUpNoOther() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        ModelCache cache = new ModelCache(
                new ModelRegistry(folder),
                version -> {
                    if (version.version() == 1) {
                        begun.countDown();
                        awaitGate(gate);
                    }
                    return load(version);
                },
                10 * BYTES);
        CompletableFuture<Model> one = CompletableFuture.supplyAsync(() -> cache.get(version(1)));
        begun.await();
        CompletableFuture<Model> other = CompletableFuture.supplyAsync(() -> cache.get(version(1)));

        cache.get(version(2));
        gate.countDown();

        assertThat(one.get()).isSameAs(other.get());
        assertThat(loads).containsExactly(version(2), version(1));
    }

    @Test
    void aModelThatCannotBeLoadedIsTriedAgain() {
        List<ModelVersion> tries = new ArrayList<>();
        ModelCache cache = new ModelCache(
                new ModelRegistry(folder),
                version -> {
                    tries.add(version);
                    throw FailureException.permanent("the share is away");
                },
                10 * BYTES);

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> cache.get(version(1))).isInstanceOf(FailureException.class);
        }
        assertThat(tries).hasSize(2);
    }
}
