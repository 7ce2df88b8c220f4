package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A tree of a MOJO: a root, then all that is below it on the left, then all that is below it on the right.
///
/// A node is a byte with the kinds of its test and of its children, the feature, the direction of missing
/// values, and the test. The test is a number (a value at or above it goes right), or a set of levels as bits
/// (a level in the set goes right). If the left child is a node, its number of bytes follows, which the
/// reader compares with the bytes that it has read. A child that is a leaf is a number.
///
/// A level that lies outside of the range of the bits goes in the direction of a missing value. A [NodeKind]
/// sends it to the right. So a node whose missing values go left has its children swapped. In version 1.0,
/// such a level goes left.
final class MojoTree {

    private static final int LEAF = -1;
    private static final int LONE_LEAF = 0xffff;

    // Bits of a node's first byte.
    private static final int LEFT = 0x33;
    private static final int LEFT_LEAF = 0x30;
    private static final int TEST = 0x0c;
    private static final int SHORT_SET = 8;
    private static final int LONG_SET = 12;
    private static final int RIGHT_LEAF = 0xc0;

    // Directions of missing values.
    private static final int MISSING_VERSUS_REST = 1;
    private static final int MISSING_LEFT = 2;
    private static final int MISSING_LEFT_UNSEEN = 4;
    private static final int MISSING_HIGHEST = 5;

    private static final int MAX_LEVELS = 1 << 24;

    private final MojoColumns columns;
    private final double version;
    private final ForestBuilder forest;

    private String name = "";
    private ByteBuffer in = ByteBuffer.allocate(0);
    private int nodes;
    private int open;
    private NodeKind[] kind = new NodeKind[64];
    /// The feature, or [#LEAF].
    private int[] feature = new int[64];
    /// The threshold, the number of the set, or the leaf's number.
    private double[] value = new double[64];
    private boolean[] isSwapped = new boolean[64];
    private boolean[] hasRightLeaf = new boolean[64];
    /// Where the left part ends; -1 if it is a leaf.
    private int[] leftEnd = new int[64];

    private int[] left = new int[64];
    private int[] right = new int[64];
    /// The nodes that lack a child.
    private int[] path = new int[64];

    /// @param version the version of the MOJO
    /// @param forest receives the trees
    MojoTree(MojoColumns columns, double version, ForestBuilder forest) {
        this.columns = columns;
        this.version = version;
        this.forest = forest;
    }

    /// Adds a tree to the forest.
    ///
    /// @param file the name of its file, for messages
    /// @param content the content of its file
    /// @param statistics the content of the file with the weights of its nodes, or null if there is none
    /// @param group the sum to which its leaves are added
    void add(String file, byte[] content, byte @Nullable [] statistics, int group) throws MalformedModelException {
        this.name = file;
        this.in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        this.nodes = 0;
        this.open = 0;
        try {
            read();
        } catch (BufferUnderflowException early) {
            throw new MalformedModelException("its file " + name + " ends early", early);
        }
        if (in.hasRemaining()) {
            throw broken("has bytes behind its last node");
        }
        forest.tree(group);
        addNodes(statistics == null || nodes == 1 ? null : new MojoWeights(name, statistics));
    }

    private void read() throws MalformedModelException {
        boolean isLeaf = false;
        while (true) {
            int node = isLeaf ? leaf() : node();
            if (open > 0) {
                int parent = path[open - 1];
                if (left[parent] == 0) {
                    left[parent] = node;
                } else {
                    right[parent] = node;
                }
            }
            if (feature[node] != LEAF) {
                if (open == path.length) {
                    path = Arrays.copyOf(path, 2 * open);
                }
                path[open++] = node;
                isLeaf = leftEnd[node] < 0;
                continue;
            }
            while (open > 0 && right[path[open - 1]] != 0) {
                open--;
            }
            if (open == 0) {
                return;
            }
            int parent = path[open - 1];
            if (leftEnd[parent] >= 0 && leftEnd[parent] != in.position()) {
                throw broken("has a node whose left part does not end where it should");
            }
            isLeaf = hasRightLeaf[parent];
        }
    }

    private int leaf() throws MalformedModelException {
        int node = settle();
        float number = in.getFloat();
        if (Float.isNaN(number)) {
            throw broken("has a leaf that is not a number");
        }
        feature[node] = LEAF;
        value[node] = number;
        return node;
    }

    private int node() throws MalformedModelException {
        int type = in.get() & 0xff;
        int column = in.getShort() & 0xffff;
        if (column == LONE_LEAF) {
            return leaf();
        }
        if (column >= columns.features()) {
            throw broken("splits on feature " + column + " of " + columns.features());
        }
        int node = settle();
        feature[node] = column;
        int direction = in.get() & 0xff;
        if (direction > MISSING_HIGHEST) {
            throw broken("has the unknown direction " + direction + " of missing values");
        }
        readTest(node, type & TEST, direction);
        int size = type & LEFT;
        leftEnd[node] = -1;
        if (size != LEFT_LEAF) {
            readLeftEnd(node, size);
        }
        int rightChild = type & RIGHT_LEAF;
        if (rightChild != 0 && rightChild != RIGHT_LEAF) {
            throw broken("has a node of the unknown type " + type);
        }
        hasRightLeaf[node] = rightChild == RIGHT_LEAF;
        return node;
    }

    private void readLeftEnd(int node, int size) throws MalformedModelException {
        long bytes = switch (size) {
            case 0 -> in.get() & 0xff;
            case 1 -> in.getShort() & 0xffff;
            case 2 -> (in.getShort() & 0xffff) | (in.get() & 0xff) << Short.SIZE;
            case 3 -> in.getInt();
            default -> -1;
        };
        long end = in.position() + bytes;
        if (bytes < 0 || end > in.limit()) {
            throw broken("has a node with a left part outside of the file");
        }
        leftEnd[node] = (int) end;
    }

    private void readTest(int node, int test, int direction) throws MalformedModelException {
        boolean missingLeft = direction == MISSING_LEFT || direction == MISSING_LEFT_UNSEEN;
        isSwapped[node] = false;
        if (direction == MISSING_VERSUS_REST) {
            if (test != 0) {
                throw broken("has a set of levels at a node that only separates missing values");
            }
            kind[node] = NodeKind.NUMERIC_MISSING_RIGHT;
            value[node] = Double.POSITIVE_INFINITY;
            return;
        }
        switch (test) {
            case 0 -> {
                double threshold = in.getFloat();
                if (!Double.isFinite(threshold)) {
                    throw broken("compares with " + threshold);
                }
                kind[node] = missingLeft ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
                // The forest's test is «at most»: a number below the threshold is at most the next lower one.
                value[node] = Math.nextDown(threshold);
            }
            case SHORT_SET -> readSet(node, 0, Integer.SIZE, missingLeft);
            case LONG_SET -> {
                int first = in.getShort() & 0xffff;
                int bits = version < 1.2 ? Byte.SIZE * (in.getShort() & 0xffff) : in.getInt();
                readSet(node, first, bits, missingLeft);
            }
            default -> throw broken("has a test of the unknown type " + test);
        }
    }

    /// @param first the level of the first bit
    private void readSet(int node, int first, int bits, boolean missingLeft) throws MalformedModelException {
        if (bits < 0 || bits > MAX_LEVELS) {
            throw broken("has a set of " + bits + " levels");
        }
        byte[] set = new byte[Math.min(in.remaining(), (bits + Byte.SIZE - 1) / Byte.SIZE)];
        in.get(set);
        if (Byte.SIZE * (long) set.length < bits) {
            throw new BufferUnderflowException();
        }
        boolean isOld = version < 1.1;
        boolean wanted = isOld || missingLeft;
        int levels = columns.levels(feature[node]).size();
        int last = levels == 0 ? bits : Math.min(bits, levels - first);
        int[] found = new int[Math.max(last, 0)];
        int count = 0;
        for (int bit = 0; bit < last; bit++) {
            if (((set[bit / Byte.SIZE] >> (bit % Byte.SIZE)) & 1) != 0 == wanted) {
                found[count++] = first + bit;
            }
        }
        isSwapped[node] = wanted;
        kind[node] = isOld && !missingLeft ? NodeKind.SET_MISSING_LEFT : NodeKind.SET_MISSING_RIGHT;
        value[node] = forest.set(Arrays.copyOf(found, count));
    }

    private int settle() {
        if (nodes == feature.length) {
            kind = Arrays.copyOf(kind, 2 * nodes);
            feature = Arrays.copyOf(feature, 2 * nodes);
            value = Arrays.copyOf(value, 2 * nodes);
            isSwapped = Arrays.copyOf(isSwapped, 2 * nodes);
            hasRightLeaf = Arrays.copyOf(hasRightLeaf, 2 * nodes);
            leftEnd = Arrays.copyOf(leftEnd, 2 * nodes);
            left = Arrays.copyOf(left, 2 * nodes);
            right = Arrays.copyOf(right, 2 * nodes);
        }
        left[nodes] = 0;
        right[nodes] = 0;
        return nodes++;
    }

    /// Adds the nodes level by level.
    private void addNodes(@Nullable MojoWeights weights) throws MalformedModelException {
        int[] queue = new int[nodes];
        int[] record = new int[nodes];
        double[] cover = new double[nodes];
        if (weights != null) {
            record[0] = weights.root();
            cover[0] = weights.left(record[0]) + weights.right(record[0]);
        }
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int node = queue[head];
            if (feature[node] == LEAF) {
                forest.leaf(value[node]);
            } else {
                forest.split(kind[node], feature[node], value[node]);
                queue[tail++] = isSwapped[node] ? right[node] : left[node];
                queue[tail++] = isSwapped[node] ? left[node] : right[node];
            }
            if (weights != null) {
                forest.cover(cover[node]);
                if (feature[node] != LEAF) {
                    cover[left[node]] = weights.left(record[node]);
                    cover[right[node]] = weights.right(record[node]);
                    record[left[node]] = feature[left[node]] == LEAF ? 0 : weights.leftChild(record[node]);
                    record[right[node]] = feature[right[node]] == LEAF ? 0 : weights.rightChild(record[node]);
                }
            }
        }
    }

    private MalformedModelException broken(String how) {
        return new MalformedModelException("its file " + name + " " + how);
    }
}
