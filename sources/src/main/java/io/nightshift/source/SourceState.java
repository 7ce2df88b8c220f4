package io.nightshift.source;

import java.util.List;

/// How much a source holds at some moment, without looking at its content.
///
/// @param files the number of whole files; one that is still being written does not count
/// @param rows of these files; 0 if they were not counted
/// @param digest of the paths, lengths and modification times of these files: 64 hexadecimal digits
/// @param volumes the file systems that hold the local folders of the source, in the order of its paths; an empty
///     text for a folder that is not there
public record SourceState(long files, long rows, String digest, List<String> volumes) {
    public SourceState {
        volumes = List.copyOf(volumes);
    }
}
