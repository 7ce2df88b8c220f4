package io.nightshift.system.run;

import java.util.List;
import java.util.Random;

/// The steps of a batch at which a test kills the program. Each build draws one of a test's steps, so that all of
/// them are tried over some builds. With `-Dnightshift.kills.all=true`, as in the nightly workflow, a test takes
/// all. The output of the test names the step that it has drawn; `-Dnightshift.kills.seed=N` repeats the draw.
public final class KillSteps {

    private static final boolean ALL = Boolean.getBoolean("nightshift.kills.all");
    private static final long SEED = Long.getLong("nightshift.kills.seed", System.nanoTime());

    private KillSteps() {}

    /// One of the steps, or all of them in their order.
    public static <T> List<T> draw(List<T> steps) {
        if (ALL) {
            return steps;
        }
        T drawn = steps.get(new Random(SEED).nextInt(steps.size()));
        System.out.printf("killed at «%s», drawn with -Dnightshift.kills.seed=%d%n", drawn, SEED);
        return List.of(drawn);
    }
}
