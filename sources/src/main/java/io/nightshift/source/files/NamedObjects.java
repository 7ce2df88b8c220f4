package io.nightshift.source.files;

import io.nightshift.source.SourcePins;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoredObject;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The objects that a job's addresses name: an object, every object of a kind below a folder, or what a glob
/// matches. What stands before a `/` in keys is taken for a folder, and names are treated as [LocalFiles]
/// treats those of files.
final class NamedObjects {

    private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

    private static final Pattern EMPTY_NAME = Pattern.compile("/(?=/)");

    /// Stands for an empty name in a path.
    private static final String EMPTY = "\u0001";

    private NamedObjects() {}

    /// @param kind of the objects that a folder is searched for
    /// @param stores that jobs may read
    /// @param filter of the folders that are listed. If it leaves no object, the first one of all is returned
    /// @return at least one, in any order
    /// @throws io.nightshift.protocol.failure.FailureException if the address names nothing, or can't be
    ///     listed
    static List<StoredObject> expand(String text, FileKind kind, ObjectStores stores, FolderFilter filter) {
        ObjectAddress address = ObjectAddress.of(text);
        stores.requireReadable(address.with(base(address.key())));
        ObjectStore store = stores.of(address.with(base(address.key())));
        Matcher wildcard = WILDCARD.matcher(address.key());
        if (wildcard.find()) {
            List<StoredObject> named = new ArrayList<>();
            boolean isFolder = isFolder(address, store, named);
            if (!named.isEmpty()) {
                return named;
            }
            return isFolder ? folder(address, kind, store, filter) : glob(address, wildcard.start(), store, filter);
        }
        if (!address.key().isEmpty() && !address.key().endsWith("/")) {
            StoredObject exact = store.find(address);
            if (exact != null) {
                return List.of(exact);
            }
        }
        return folder(address, kind, store, filter);
    }

    /// Whether a key that could be a glob is the name of a folder. A name goes before a glob, as with files.
    ///
    /// @param named takes the object that has the key as its name, if there is one
    private static boolean isFolder(ObjectAddress address, ObjectStore store, List<StoredObject> named) {
        String key = address.key();
        String folder = key.endsWith("/") ? key : key + "/";
        boolean[] found = {false};
        store.list(address, "", object -> {
            String other = object.address().key();
            if (other.equals(key) && !key.endsWith("/")) {
                named.add(object);
            }
            found[0] = other.startsWith(folder);
            return named.isEmpty() && !found[0];
        });
        return found[0];
    }

    private static List<StoredObject> folder(
            ObjectAddress address, FileKind kind, ObjectStore store, FolderFilter filter) {
        String key = address.key();
        String folder = key.isEmpty() || key.endsWith("/") ? key : key + "/";
        List<StoredObject> found = new FolderWalk(
                        store,
                        filter,
                        object -> isData(folder, object)
                                && kind.matches(object.address().key()),
                        Integer.MAX_VALUE)
                .list(address.with(folder));
        if (found.isEmpty()) {
            throw SourcePins.missing(
                    address.toString(),
                    "source: there is no object %s, and no %s object below it".formatted(address, kind));
        }
        return found;
    }

    private static List<StoredObject> glob(
            ObjectAddress address, int wildcard, ObjectStore store, FolderFilter filter) {
        String key = address.key();
        String folder = base(key);
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + path(key));
        boolean anyDepth = key.contains("**");
        List<StoredObject> found = new FolderWalk(
                        store,
                        filter,
                        object -> isData(folder, object)
                                && matcher.matches(Path.of(path(object.address().key()))),
                        anyDepth
                                ? Integer.MAX_VALUE
                                : (int) key.chars().filter(each -> each == '/').count())
                .list(address.with(key.substring(0, wildcard)));
        if (found.isEmpty()) {
            throw SourcePins.missing(address.toString(), "source: no object matches " + address);
        }
        return found;
    }

    /// A key or a glob as a path. A path can't have empty names, such as the one between the two slashes of `a//b`.
    private static String path(String key) {
        return EMPTY_NAME.matcher("/" + key).replaceAll("/" + EMPTY);
    }

    /// The folder in which a key, or what a glob matches, is.
    private static String base(String key) {
        Matcher wildcard = WILDCARD.matcher(key);
        return wildcard.find() ? key.substring(0, key.lastIndexOf('/', wildcard.start()) + 1) : key;
    }

    /// Whether an object is not the mark of a folder, and no name below the folder that was asked for is
    /// hidden.
    private static boolean isData(String folder, StoredObject object) {
        String key = object.address().key();
        if (key.endsWith("/")) {
            return false;
        }
        for (String name :
                key.substring(Math.min(folder.length(), key.length())).split("/", -1)) {
            if (isHidden(name)) {
                return false;
            }
        }
        return true;
    }

    static boolean isHidden(String name) {
        return name.startsWith("_") || name.startsWith(".");
    }
}
