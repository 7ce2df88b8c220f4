package io.nightshift.destination.objects;

import io.nightshift.destination.FileNames;
import io.nightshift.destination.folder.BatchFiles;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.destination.folder.WrittenFile;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The objects of a batch in a destination that is a prefix.
record PrefixFiles(BatchKeys keys, ObjectCopies copies) implements BatchFiles {

    private ObjectStore store() {
        return copies.stores().forWriting(keys.prefix());
    }

    @Override
    public String kind() {
        return "prefix";
    }

    @Override
    public String published() {
        return keys.published();
    }

    @Override
    public boolean isPublished() {
        return store().find(keys.published(BatchFolders.SUCCESS)) != null;
    }

    @Override
    public List<String> names() {
        return below(keys.published(""));
    }

    private List<String> below(ObjectAddress prefix) {
        List<String> names = new ArrayList<>();
        store().list(
                        prefix,
                        found -> names.add(
                                found.address().key().substring(prefix.key().length())));
        return names;
    }

    @Override
    public WrittenFile file(String name) {
        return new StoredFile(keys.published(name), copies);
    }

    @Override
    public WrittenFile unpublished(FileNames.Committed file) {
        return new StoredFile(keys.attempt(file.stagedName()), copies);
    }

    @Override
    public String staging() {
        return keys.staged().toString();
    }

    @Override
    public Optional<String> staged() {
        return below(keys.staged()).stream().findFirst().map(name -> staging() + name);
    }
}
