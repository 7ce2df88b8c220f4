package io.nightshift.smile;

import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.ModelLoader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import smile.anomaly.IsolationForest;
import smile.classification.KNN;
import smile.classification.RandomForest;
import smile.classification.SVM;
import smile.data.formula.Formula;
import smile.math.kernel.GaussianKernel;

/// The contract for Smile's serialised models: trees, linear models, and models that are taken apart.
class SmileContractTest extends ModelFormatContract {

    @Override
    protected ModelLoader loader() {
        return SmileModels.LOADER;
    }

    @Override
    protected int alterations() {
        return 150;
    }

    /// Sums of products with infinity need not be numbers, and Smile has no answer then.
    @Override
    protected boolean scoresInfinity() {
        return false;
    }

    @Override
    protected Map<String, byte[]> models() throws IOException {
        double[][] points = new double[30][3];
        int[] labels = new int[points.length];
        for (int i = 0; i < points.length; i++) {
            points[i] = new double[] {i % 7, i % 5, i};
            labels[i] = i % 3 == 0 ? 1 : 0;
        }
        Map<String, byte[]> models = new HashMap<>();
        models.put(
                "trees",
                serialised(RandomForest.fit(
                        Formula.lhs("two"), SmileSample.random(100, 1).frame("two"), new RandomForest.Options(3))));
        models.put("linear", SmileLapackFixtures.content("ols"));
        models.put("perceptron", Files.readAllBytes(SmileBlasFixtures.file("mlp-two.ser")));
        models.put("neighbours", serialised(KNN.fit(points, labels, 3)));
        models.put("isolation", serialised(IsolationForest.fit(points, new IsolationForest.Options(5, 0, 0.5, 1))));
        models.put(
                "support vectors",
                serialised(new SVM<>(new GaussianKernel(1), points, new double[points.length], 0.5)));
        return models;
    }

    private static byte[] serialised(Serializable model) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(model);
        }
        return bytes.toByteArray();
    }
}
