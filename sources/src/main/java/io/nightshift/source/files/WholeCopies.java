package io.nightshift.source.files;

import io.nightshift.source.HeldSlices;
import java.util.List;

/// Whole objects that are held together.
record WholeCopies(List<ObjectCopies.Use> uses) implements HeldSlices {

    WholeCopies {
        uses = List.copyOf(uses);
    }

    @Override
    public void requireAllColumns() {
        // They are whole.
    }

    @Override
    public void close() {
        uses.forEach(ObjectCopies.Use::closeAndKeep);
    }
}
