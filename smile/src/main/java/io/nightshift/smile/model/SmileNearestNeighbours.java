package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smile.classification.KNN;
import smile.math.distance.Distance;
import smile.neighbor.CoverTree;
import smile.neighbor.KDTree;
import smile.neighbor.LinearSearch;
import smile.neighbor.Neighbor;

/// Smile's k-nearest-neighbours classifier. It predicts the majority class of the k nearest points; the first
/// class wins a tie.
///
/// If points have the same distance, Smile's linear search and cover tree take the first ones. So this class
/// compares all points instead. A k-d tree takes those that it visits first, so Smile's own tree is built from the
/// points again.
///
/// The part's rows: k; the class of each point; the points. Its only part is a distance, or `KDTree`.
final class SmileNearestNeighbours implements SmileModel {

    static final String KIND = "KNN";

    private static final String TREE = "KDTree";

    /// The deepest k-d tree: deeper than real data needs, and within a thread's stack.
    private static final int MAX_DEPTH = 2000;

    /// The heap per point of a k-d tree: two nodes with two references each, and an element of two arrays.
    private static final long TREE_BYTES = 2 * 48 + 8;

    private final ModelPart part;
    private final int[] classOf;
    private final int classes;
    private final double[][] points;
    private final int k;
    private final @Nullable Distance<double[]> distance;
    private final @Nullable KDTree<double[]> tree;

    SmileNearestNeighbours(ModelPart part) {
        this.part = part;
        this.points = part.rows(2);
        this.k = part.count(0, 1, points.length);
        double[] labels = part.numbers(1, points.length);
        this.classOf = Arrays.stream(labels).mapToInt(label -> (int) label).toArray();
        this.classes = Arrays.stream(classOf).max().orElseThrow() + 1;
        for (int i = 0; i < labels.length; i++) {
            if (classOf[i] != labels[i] || classOf[i] < 0 || classes > points.length) {
                throw new IllegalArgumentException("its point " + i + " is of no class");
            }
            if (!Arrays.stream(points[i]).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("its point " + i + " has a coordinate that is no number");
            }
        }
        boolean isTree = part.part(0).kind().equals(TREE);
        this.distance = isTree ? null : SmileDistances.of(part.part(0), points[0].length);
        this.tree = isTree ? tree(points) : null;
    }

    private static KDTree<double[]> tree(double[][] points) {
        KDTree<double[]> tree = KDTree.of(points);
        List<Object> level = List.of(SmileReflection.of(tree, "root"));
        for (int depth = 0; !level.isEmpty(); depth++) {
            if (depth > MAX_DEPTH) {
                throw new IllegalArgumentException("its points make a tree that is too deep");
            }
            List<Object> below = new ArrayList<>();
            for (Object node : level) {
                for (String side : List.of("lower", "upper")) {
                    Object child = SmileReflection.ofNullable(node, side);
                    if (child != null) {
                        below.add(child);
                    }
                }
            }
            level = below;
        }
        return tree;
    }

    static ModelPart part(KNN<?> model, SmileSizeLimit size) throws MalformedModelException {
        int[] classes = model.classes();
        Object search = SmileReflection.of(model, "knn");
        ModelPart how = switch (search) {
            case KDTree<?> tree -> new ModelPart(TREE, List.of(), List.of());
            case LinearSearch<?, ?> all -> SmileDistances.part(SmileReflection.of(all, "distance"));
            case CoverTree<?, ?> tree -> SmileDistances.part(SmileReflection.of(tree, "distance"));
            default ->
                throw new MalformedModelException("its neighbours are searched by "
                        + search.getClass().getSimpleName() + "; supported are LinearSearch, KDTree and CoverTree");
        };
        List<double[]> numbers = new ArrayList<>();
        numbers.add(new double[] {SmileReflection.number(model, "k")});
        numbers.add(positions((int[]) SmileReflection.of(model, "y"), classes));
        Object keys = SmileReflection.of(search, "keys");
        numbers.addAll(SmilePartCodec.rows(keys instanceof List<?> list ? list.toArray() : (Object[]) keys, size));
        return new ModelPart(KIND, numbers, List.of(how));
    }

    /// Classes are in the order of their numbers.
    private static double[] positions(int[] labels, int[] classes) throws MalformedModelException {
        double[] positions = new double[labels.length];
        for (int i = 0; i < labels.length; i++) {
            positions[i] = Arrays.binarySearch(classes, labels[i]);
            if (positions[i] < 0) {
                throw new MalformedModelException("it has a point of the class " + labels[i] + ", and no such class");
            }
        }
        return positions;
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return points[0].length;
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public RowScorer scorer() {
        int[] nearest = new int[k];
        double[] distances = new double[k];
        int[] votes = new int[classes];
        double[] probabilities = new double[classes];
        return (row, outputs) -> {
            if (tree != null) {
                search(tree, row, nearest);
            } else if (distance != null) {
                search(distance, row, nearest, distances);
            }
            Arrays.fill(votes, 0);
            for (int point : nearest) {
                if (point < 0) {
                    throw new IllegalStateException("a row is too far from all points for its distances to be numbers");
                }
                votes[classOf[point]]++;
            }
            int most = 0;
            for (int i = 0; i < votes.length; i++) {
                most = votes[i] > votes[most] ? i : most;
                probabilities[i] = (double) votes[i] / k;
            }
            SmileModel.store(most, probabilities, outputs);
        };
    }

    private static void search(KDTree<double[]> tree, double[] row, int[] nearest) {
        try {
            Neighbor<double[], double[]>[] found = tree.search(row, nearest.length);
            for (int i = 0; i < found.length; i++) {
                nearest[i] = found[i].index();
            }
        } catch (IndexOutOfBoundsException none) {
            nearest[0] = -1;
        }
    }

    /// The nearest points by distance and then by position, as a heap whose root is the farthest; -1 for
    /// absent points.
    private void search(Distance<double[]> measure, double[] row, int[] nearest, double[] distances) {
        Arrays.fill(nearest, -1);
        Arrays.fill(distances, Double.MAX_VALUE);
        for (int point = 0; point < points.length; point++) {
            double far = measure.d(points[point], row);
            if (far < distances[0]) {
                replaceFarthest(point, far, nearest, distances);
            }
        }
    }

    /// The new point comes after all others, so it is the farthest of those at its distance.
    private static void replaceFarthest(int point, double far, int[] nearest, double[] distances) {
        int at = 0;
        int child = farther(0, nearest, distances);
        while (child < nearest.length && distances[child] > far) {
            distances[at] = distances[child];
            nearest[at] = nearest[child];
            at = child;
            child = farther(at, nearest, distances);
        }
        distances[at] = far;
        nearest[at] = point;
    }

    /// The farther child in the heap, or a position of at least the heap's size if there are no children.
    private static int farther(int at, int[] nearest, double[] distances) {
        int left = 2 * at + 1;
        int right = left + 1;
        if (right >= nearest.length) {
            return left;
        }
        boolean isRight = distances[right] > distances[left]
                || (distances[right] == distances[left] && nearest[right] > nearest[left]);
        return isRight ? right : left;
    }

    @Override
    public String kernel() {
        return tree == null
                ? "nearest neighbours by comparing all, a row at a time"
                : "nearest neighbours by Smile 6's k-d tree, a row at a time";
    }

    @Override
    public long heapBytes() {
        return part.heapBytes() + points.length * (Integer.BYTES + (tree == null ? 0 : TREE_BYTES));
    }
}
