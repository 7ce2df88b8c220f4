package io.nightshift.nemesis.cluster;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The live objects of a process's heap, by class.
///
/// @param instances the number of objects of each class
/// @param bytes of all objects together
public record HeapHistogram(Map<String, Long> instances, long bytes) {

    public HeapHistogram {
        instances = Map.copyOf(instances);
    }

    /// The number of objects of a class.
    ///
    /// @param name the full name of the class
    public long instances(String name) {
        return instances.getOrDefault(name, 0L);
    }

    /// @param lines the output of `jcmd PID GC.class_histogram`
    /// @throws IOException if the lines are something else, such as an error
    static HeapHistogram parse(List<String> lines) throws IOException {
        Map<String, Long> instances = new HashMap<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+", -1);
            if (words[0].equals("Total")) {
                return new HeapHistogram(instances, Long.parseLong(words[2]));
            }
            // The first line is the process id, with a colon and nothing else.
            if (words.length >= 4 && words[0].matches("\\d+:")) {
                instances.merge(words[3], Long.parseLong(words[1]), Long::sum);
            }
        }
        throw new IOException("the heap histogram can't be read: " + String.join("\n", lines));
    }
}
