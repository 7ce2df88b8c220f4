package io.nightshift.scoring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A thousand real flights, and the probability XGBoost itself gives each under the model beside them.
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Flights(double[][] features, float[] probabilities) {

    public static final int FEATURES = 10;

    public int rows() {
        return probabilities.length;
    }

    public static Path resource(String name) {
        try {
            return Path.of(Flights.class.getResource("/peers/" + name).toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    public static Flights load() {
        try {
            List<String> lines = Files.readAllLines(resource("xgb100x6.csv"));
            int rows = lines.size() - 1;
            double[][] features = new double[FEATURES][rows];
            float[] probabilities = new float[rows];
            for (int row = 0; row < rows; row++) {
                String[] cells = lines.get(row + 1).split(",", -1);
                for (int feature = 0; feature < FEATURES; feature++) {
                    features[feature][row] = Double.parseDouble(cells[1 + feature]);
                }
                probabilities[row] = Float.parseFloat(cells[1 + FEATURES]);
            }
            return new Flights(features, probabilities);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
