package io.nightshift.coordinator.incremental;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/// Keeps the records of read files in memory instead of tables, for simulations.
final class ReadFilesInMemory implements ReadFiles {

    private record Key(String batch, String plan) {
        static Key of(Reading reading) {
            return new Key(reading.batch().value(), reading.plan());
        }
    }

    private final Map<Key, Reading> readings = new LinkedHashMap<>();
    private final Map<Key, Set<FileKey>> files = new HashMap<>();

    @Override
    public Map<FileKey, List<Reading>> find(Collection<FileKey> wanted) {
        Map<FileKey, List<Reading>> found = new HashMap<>();
        for (FileKey file : wanted) {
            List<Reading> of = readings.values().stream()
                    .filter(reading ->
                            Objects.requireNonNull(files.get(Key.of(reading))).contains(file))
                    .toList();
            if (!of.isEmpty()) {
                found.put(file, of);
            }
        }
        return found;
    }

    @Override
    public boolean add(
            String source, Reading reading, Collection<FileKey> added, Predicate<Map<FileKey, List<Reading>>> mayRead) {
        if (!mayRead.test(find(added))) {
            return false;
        }
        files.putIfAbsent(Key.of(reading), Set.copyOf(added));
        readings.putIfAbsent(Key.of(reading), reading);
        return true;
    }

    @Override
    public void publish(Reading reading) {
        readings.put(Key.of(reading), new Reading(reading.batch(), reading.plan(), true));
    }

    @Override
    public void remove(Reading reading) {
        readings.remove(Key.of(reading));
    }
}
