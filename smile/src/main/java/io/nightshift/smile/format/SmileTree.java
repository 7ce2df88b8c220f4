package io.nightshift.smile.format;

import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.smile.model.SmileReflection;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import smile.model.cart.CART;
import smile.model.cart.DecisionNode;
import smile.model.cart.InternalNode;
import smile.model.cart.LeafNode;
import smile.model.cart.Node;
import smile.model.cart.NominalNode;
import smile.model.cart.OrdinalNode;
import smile.model.cart.RegressionNode;

/// Adds Smile's trees to a forest, level by level.
final class SmileTree {

    private final SmileSchema schema;
    private final int features;
    private final ForestBuilder forest;

    SmileTree(SmileSchema schema, int features, ForestBuilder forest) {
        this.schema = schema;
        this.features = features;
        this.forest = forest;
    }

    /// Converts a leaf of Smile.
    interface LeafConversion<L extends LeafNode> {
        void addTo(ForestBuilder forest, L leaf) throws MalformedModelException;
    }

    void addRegression(CART tree, int group, double factor) throws MalformedModelException {
        add(tree, group, RegressionNode.class, (to, leaf) -> to.leaf(factor * leaf.output()));
    }

    void addClassification(CART tree, int classes, LeafConversion<DecisionNode> conversion)
            throws MalformedModelException {
        add(tree, 0, DecisionNode.class, (to, leaf) -> {
            if (leaf.count().length != classes || leaf.output() < 0 || leaf.output() >= classes) {
                throw new MalformedModelException("a leaf has other classes than the model's " + classes);
            }
            conversion.addTo(to, leaf);
        });
    }

    private <L extends LeafNode> void add(CART tree, int group, Class<L> leafType, LeafConversion<L> conversion)
            throws MalformedModelException {
        forest.tree(group);
        ArrayDeque<Node> queue = new ArrayDeque<>();
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        push(queue, seen, tree.root());
        while (!queue.isEmpty()) {
            Node node = queue.remove();
            if (node instanceof InternalNode inner) {
                split(inner);
                push(queue, seen, inner.trueChild());
                push(queue, seen, inner.falseChild());
            } else if (leafType.isInstance(node)) {
                conversion.addTo(forest, leafType.cast(node));
            } else {
                throw new MalformedModelException("a tree has a node of the class "
                        + node.getClass().getSimpleName() + " where one of " + leafType.getSimpleName()
                        + " belongs");
            }
            forest.cover(node.size());
        }
    }

    private void split(InternalNode node) throws MalformedModelException {
        int feature = node.feature();
        if (feature < 0 || feature >= features) {
            throw new MalformedModelException("a node tests column " + feature + " of " + features);
        }
        switch (node) {
            case OrdinalNode ordinal ->
                forest.split(NodeKind.NUMERIC_MISSING_RIGHT, feature, SmileReflection.threshold(ordinal));
            case NominalNode nominal ->
                forest.split(NodeKind.NOMINAL, feature, schema.position(feature, SmileReflection.value(nominal)));
            default ->
                throw new MalformedModelException(
                        "a tree has a node of the class " + node.getClass().getName());
        }
    }

    private static void push(ArrayDeque<Node> queue, Set<Node> seen, Node node) throws MalformedModelException {
        if (node == null || !seen.add(node)) {
            throw new MalformedModelException("a node of a tree is missing or has two parents");
        }
        queue.add(node);
    }
}
