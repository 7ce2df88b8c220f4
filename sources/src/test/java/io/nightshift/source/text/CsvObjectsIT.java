package io.nightshift.source.text;

import io.nightshift.protocol.job.Input;

/// CSV objects in a store.
class CsvObjectsIT extends TextObjectsContract {

    CsvObjectsIT() {
        super("csv", "FORMAT csv, HEADER");
    }

    @Override
    Input input(String... paths) {
        return TextInputs.csv(paths);
    }
}
