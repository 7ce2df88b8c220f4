package io.nightshift.source.text;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.testing.Nightly;
import java.util.List;
import java.util.Map;

/// NDJSON objects in a store.
@Nightly(shortForm = {"CsvObjectsIT", "NdjsonSourceTest"})
class NdjsonObjectsIT extends TextObjectsContract {

    NdjsonObjectsIT() {
        super("ndjson", "FORMAT json");
    }

    @Override
    Input input(String... paths) {
        return new NdjsonInput(List.of(paths), Map.of());
    }
}
