package io.nightshift.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.worker.model.TrainingOptions.Algorithm;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelFileTest {

    private final SmileSample sample = SmileSample.random(300, 11);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void aModelReadBackIsTheSame(Algorithm algorithm) {
        TrainingColumn length = new TrainingColumn.Numbers("length", sample.length());
        TrainingColumn colour = new TrainingColumn.Categories("colour", SmileSample.COLOURS, sample.colour());
        TrainingColumn three = new TrainingColumn.Categories("three", List.of("low", "mid", "high"), sample.three());
        Model written = ModelTraining.train(List.of(length, colour), three, TrainingOptions.defaults(algorithm));

        Model read = roundTrip(written);

        assertThat(read.description()).isEqualTo(written.description());
        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(written));
        assertThat(scores(read)).isDeepEqualTo(scores(written));
        assertThat(read.heapBytes()).isEqualTo(written.heapBytes()).isPositive();
    }

    @Test
    void anImportedModelReadBackIsTheSame() {
        Model written = ModelImport.read(Flights.resource("xgb100x6.ubj"));

        Model read = roundTrip(written);

        assertThat(read.description()).isEqualTo(written.description());
        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(written));
    }

    @Test
    void whatTheFirstVersionCanHoldIsWrittenInItToTheSameBytesAsEver() throws NoSuchAlgorithmException {
        byte[] file = ModelFile.encode(ModelImport.read(Flights.resource("xgb100x6.ubj")));

        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file)))
                .isEqualTo("f25487244e7ea293ec32915dcc52648e2b679ee38c92f04776a208b6d1daca19");
    }

    private Model roundTrip(Model model) {
        Path file = folder.resolve("model.bin");
        ModelFile.write(model, file);
        return ModelImport.read(file);
    }

    private double[][] scores(Model model) {
        double[][] features = {sample.length(), sample.features()[3]};
        double[][] outputs = new double[model.description().outputs()][sample.rows()];
        model.scorer().score(features, sample.rows(), outputs);
        return outputs;
    }
}
