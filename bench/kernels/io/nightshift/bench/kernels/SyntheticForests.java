package io.nightshift.bench.kernels;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/// Forests in the shapes that libraries grow, with 255 thresholds a feature, as histograms give them.
final class SyntheticForests {

    private static final int THRESHOLDS = 255;

    private SyntheticForests() {}

    /// A node while its tree grows.
    private static final class Node {
        private int feature;
        private double threshold;
        private Node[] children = {};
    }

    /// Full trees.
    static Forest full(Random random, double[][] rows, int trees, int depth) {
        ForestBuilder builder = builder(rows.length);
        double[][] thresholds = thresholds(random, rows);
        for (int tree = 0; tree < trees; tree++) {
            Node root = new Node();
            List<Node> level = List.of(root);
            for (int i = 0; i < depth; i++) {
                List<Node> next = new ArrayList<>();
                for (Node node : level) {
                    split(random, thresholds, node);
                    next.addAll(List.of(node.children));
                }
                level = next;
            }
            add(builder, random, root);
        }
        return builder.build();
    }

    /// Trees that grew a leaf at a time, the newest ones more often than the others.
    static Forest leafwise(Random random, double[][] rows, int trees, int leaves) {
        ForestBuilder builder = builder(rows.length);
        double[][] thresholds = thresholds(random, rows);
        for (int tree = 0; tree < trees; tree++) {
            Node root = new Node();
            List<Node> open = new ArrayList<>(List.of(root));
            while (open.size() < leaves) {
                int chosen = random.nextInt(10) < 7 ? random.nextInt(open.size()) : open.size() - 1;
                Node node = open.remove(chosen);
                split(random, thresholds, node);
                open.addAll(List.of(node.children));
            }
            add(builder, random, root);
        }
        return builder.build();
    }

    static double[][] gaussian(Random random, int features, int rows) {
        double[][] columns = new double[features][rows];
        for (double[] column : columns) {
            Arrays.setAll(column, row -> (float) random.nextGaussian());
        }
        return columns;
    }

    private static double[][] thresholds(Random random, double[][] rows) {
        double[][] thresholds = new double[rows.length][THRESHOLDS];
        for (int feature = 0; feature < rows.length; feature++) {
            double[] column = rows[feature];
            Arrays.setAll(thresholds[feature], i -> (float) (column[random.nextInt(column.length)]));
        }
        return thresholds;
    }

    private static void split(Random random, double[][] thresholds, Node node) {
        node.feature = random.nextInt(thresholds.length);
        node.threshold = thresholds[node.feature][random.nextInt(THRESHOLDS)];
        node.children = new Node[] {new Node(), new Node()};
    }

    private static ForestBuilder builder(int features) {
        return new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                List.of(0.0),
                Link.LOGISTIC));
    }

    private static void add(ForestBuilder builder, Random random, Node root) {
        builder.tree(0);
        Deque<Node> due = new ArrayDeque<>(List.of(root));
        while (!due.isEmpty()) {
            Node node = due.remove();
            if (node.children.length == 0) {
                builder.leaf((float) (0.05 * random.nextGaussian()));
            } else {
                builder.split(NodeKind.NUMERIC_MISSING_LEFT, node.feature, node.threshold);
                due.addAll(List.of(node.children));
            }
        }
    }
}
