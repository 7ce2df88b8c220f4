package io.nightshift.source.files;

import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ParallelRequests;
import io.nightshift.storage.objectstore.StoredObject;
import java.util.ArrayList;
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
        if (found.isEmpty() && !filter.equals(FolderFilter.ALL)) {
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
        List<ObjectAddress> folders = new ArrayList<>();
        store.listLevel(prefix, object -> add(object, found), folders::add);
        Set<String> kept = new HashSet<>(filter.kept(folders.stream()
                .filter(below -> !NamedObjects.isHidden(name(folder, below)))
                .map(ObjectAddress::toString)
                .toList()));
        List<Runnable> requests = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < folders.size(); i++) {
            ObjectAddress below = folders.get(i);
            boolean isKept = kept.contains(below.toString());
            if (isKept && !isWalked(folder, below)) {
                continue;
            }
            addRange(folder, folders, first, i, found, requests);
            first = i + 1;
            if (isKept) {
                requests.add(() -> walk(below, found));
            }
        }
        addRange(folder, folders, first, folders.size(), found, requests);
        ParallelRequests.run(requests, Runnable::run);
    }

    /// Without a limit of the depth, only below folders that make columns.
    private boolean isWalked(ObjectAddress parent, ObjectAddress folder) {
        return hasLevels(folder)
                && (depth < Integer.MAX_VALUE || name(parent, folder).contains("="));
    }

    private static String name(ObjectAddress parent, ObjectAddress folder) {
        return folder.key().substring(parent.key().length());
    }

    private boolean hasLevels(ObjectAddress folder) {
        return filter.needsNamesBelow(folder.toString())
                && folder.key().chars().filter(each -> each == '/').count() < depth;
    }

    /// Adds a request for all objects in folders that are next to each other.
    ///
    /// @param folders all folders in `parent`, in the order in which the store lists them
    /// @param from the position of the first
    /// @param to the position after the last
    private void addRange(
            ObjectAddress parent,
            List<ObjectAddress> folders,
            int from,
            int to,
            List<StoredObject> found,
            List<Runnable> requests) {
        if (from == to) {
            return;
        }
        if (from + 1 == to || !store.listsFromKeys()) {
            folders.subList(from, to)
                    .forEach(folder -> requests.add(() -> store.list(folder, object -> add(object, found))));
            return;
        }
        Set<String> keys = new HashSet<>();
        folders.subList(from, to).forEach(folder -> keys.add(folder.key()));
        String end = to < folders.size() ? folders.get(to).key() : null;
        requests.add(() -> store.list(parent, folders.get(from).key(), object -> {
            String key = object.address().key();
            String folder = key.substring(0, key.indexOf('/', parent.key().length()) + 1);
            if (keys.contains(folder)) {
                add(object, found);
            }
            return !folder.equals(end);
        }));
    }
}
