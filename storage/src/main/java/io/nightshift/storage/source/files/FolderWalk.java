package io.nightshift.storage.source.files;

import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ParallelRequests;
import io.nightshift.storage.objectstore.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// Lists objects of a store below a prefix, without those in folders that a filter rules out.
///
/// A folder whose names below can rule out something is listed level by level, anything else with all that is
/// below it. Folders that remain next to each other are listed as one range of keys, so a filter that keeps most of
/// them hardly costs more requests than none.
///
/// @param wanted whether an object is one of those that are listed
/// @param depth of the folders of objects in the bucket, at most
record FolderWalk(ObjectStore store, FolderFilter filter, Predicate<StoredObject> wanted, int depth) {

    /// The objects, in any order. If the filter leaves none, the first of all, unless there is none.
    ///
    /// @param prefix which may end in the middle of a name
    List<StoredObject> list(ObjectAddress prefix) {
        List<StoredObject> found = Collections.synchronizedList(new ArrayList<>());
        walk(prefix, found);
        if (found.isEmpty() && filter != FolderFilter.ALL) {
            store.list(prefix, "", object -> {
                add(object, found);
                return found.isEmpty();
            });
        }
        return found;
    }

    private void add(StoredObject object, List<StoredObject> found) {
        if (wanted.test(object)) {
            found.add(object);
        }
    }

    private void walk(ObjectAddress prefix, List<StoredObject> found) {
        String key = prefix.key();
        ObjectAddress folder = prefix.with(key.substring(0, key.lastIndexOf('/') + 1));
        if (!hasLevels(folder)) {
            store.list(prefix, object -> add(object, found));
            return;
        }
        List<String> folders = new ArrayList<>();
        store.listLevel(prefix, object -> add(object, found), below -> {
            if (!ObjectFiles.isHidden(name(folder, below))) {
                folders.add(below.toString());
            }
        });
        Set<String> kept = new HashSet<>(filter.kept(folders));
        List<Runnable> requests = new ArrayList<>();
        List<ObjectAddress> neighbours = new ArrayList<>();
        for (String each : folders) {
            ObjectAddress below = ObjectAddress.of(each);
            boolean isKept = kept.contains(each);
            if (isKept && !isWalked(folder, below)) {
                neighbours.add(below);
                continue;
            }
            addRange(folder, neighbours, found, requests);
            if (isKept) {
                requests.add(() -> walk(below, found));
            }
        }
        addRange(folder, neighbours, found, requests);
        ParallelRequests.run(requests, Runnable::run);
    }

    /// Without a limit of the depth, only below folders that make columns.
    private boolean isWalked(ObjectAddress parent, ObjectAddress folder) {
        return hasLevels(folder) && (depth < Integer.MAX_VALUE || name(parent, folder).contains("="));
    }

    private static String name(ObjectAddress parent, ObjectAddress folder) {
        return folder.key().substring(parent.key().length());
    }

    private boolean hasLevels(ObjectAddress folder) {
        return filter.needsNamesBelow(folder.toString())
                && folder.key().chars().filter(each -> each == '/').count() < depth;
    }

    /// Adds a request for all objects in folders that are next to each other, and empties the list of these.
    ///
    /// @param parent the folder in which they are
    private void addRange(
            ObjectAddress parent, List<ObjectAddress> folders, List<StoredObject> found, List<Runnable> requests) {
        if (folders.isEmpty()) {
            return;
        }
        Set<String> keys = new HashSet<>();
        folders.forEach(folder -> keys.add(folder.key()));
        ObjectAddress first = folders.getFirst();
        ObjectAddress last = folders.getLast();
        folders.clear();
        if (first.equals(last)) {
            requests.add(() -> store.list(first, object -> add(object, found)));
            return;
        }
        requests.add(() -> store.list(parent, first.key(), object -> {
            String key = object.address().key();
            int end = key.indexOf('/', parent.key().length()) + 1;
            if (keys.contains(key.substring(0, end))) {
                add(object, found);
            }
            return key.startsWith(last.key()) || isBefore(key, last.key());
        }));
    }

    /// Whether a key is listed before another: stores order them by their bytes.
    private static boolean isBefore(String key, String other) {
        return Arrays.compareUnsigned(key.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8))
                < 0;
    }
}
