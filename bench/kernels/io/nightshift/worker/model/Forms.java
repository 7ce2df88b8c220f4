package io.nightshift.worker.model;

import io.nightshift.worker.scoring.Forest;

/// Opens a model for the benchmark.
public final class Forms {

    private Forms() {}

    public static Forest forest(Model model) {
        if (model instanceof StoredModel stored && stored.form() instanceof Forest forest) {
            return forest;
        }
        throw new IllegalArgumentException("the model is no forest");
    }
}
