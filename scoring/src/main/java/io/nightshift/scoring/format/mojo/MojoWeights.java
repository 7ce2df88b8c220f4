package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/// The training weights of a tree's nodes, in the second file of the tree. For each split it has a record of 40
/// bytes: the split's number, a number that we do not need, the weights of the left and the right child, four
/// statistics, and the numbers of the two children. The root has the number 0.
final class MojoWeights {

    private static final int RECORD = 40;
    private static final int LEFT_WEIGHT = 8;
    private static final int RIGHT_WEIGHT = 12;
    private static final int LEFT_NUMBER = 32;
    private static final int RIGHT_NUMBER = 36;

    private final String name;
    private final ByteBuffer records;
    /// The position of the record of each split, by its number.
    private final Map<Integer, Integer> places = new HashMap<>();

    /// @param tree the name of the tree's first file
    MojoWeights(String tree, byte[] content) throws MalformedModelException {
        this.name = file(tree);
        this.records = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        if (content.length % RECORD != 0) {
            throw new MalformedModelException("its file " + name + " ends early, in a record of a split");
        }
        for (int at = 0; at < content.length; at += RECORD) {
            if (places.put(records.getInt(at), at) != null) {
                throw new MalformedModelException(
                        "its file " + name + " has two records of split " + records.getInt(at));
            }
        }
    }

    /// The name of the file with the weights of a tree.
    static String file(String tree) {
        return tree.substring(0, tree.length() - ".bin".length()) + "_aux.bin";
    }

    /// The position of the root's record.
    int root() throws MalformedModelException {
        return place(0);
    }

    /// The position of the record of a split's left child, which is a split.
    int leftChild(int record) throws MalformedModelException {
        return place(records.getInt(record + LEFT_NUMBER));
    }

    /// The position of the record of a split's right child, which is a split.
    int rightChild(int record) throws MalformedModelException {
        return place(records.getInt(record + RIGHT_NUMBER));
    }

    /// The weight of a split's left child.
    double left(int record) {
        return records.getFloat(record + LEFT_WEIGHT);
    }

    /// The weight of a split's right child.
    double right(int record) {
        return records.getFloat(record + RIGHT_WEIGHT);
    }

    private int place(int number) throws MalformedModelException {
        Integer place = places.get(number);
        if (place == null) {
            throw new MalformedModelException("its file " + name + " has no record of split " + number);
        }
        return place;
    }
}
