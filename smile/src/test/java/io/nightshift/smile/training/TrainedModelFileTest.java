package io.nightshift.smile.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.scoring.training.TrainingOptions;
import io.nightshift.scoring.training.TrainingOptions.Algorithm;
import io.nightshift.smile.SmileModels;
import io.nightshift.smile.SmileSample;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainedModelFileTest {

    private final SmileSample sample = SmileSample.random(300, 11);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void aModelReadBackIsTheSame(Algorithm algorithm) {
        TrainingColumn length = new TrainingColumn.Numbers("length", sample.length());
        TrainingColumn colour = new TrainingColumn.Categories("colour", SmileSample.COLOURS, sample.colour());
        TrainingColumn three = new TrainingColumn.Categories("three", List.of("low", "mid", "high"), sample.three());
        Model written = new SmileTrainer().train(List.of(length, colour), three, TrainingOptions.defaults(algorithm));

        Model read = roundTrip(written);

        assertThat(read.description()).isEqualTo(written.description());
        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(written));
        assertThat(scores(read)).isDeepEqualTo(scores(written));
        assertThat(read.heapBytes()).isEqualTo(written.heapBytes()).isPositive();
    }

    private Model roundTrip(Model model) {
        Path file = folder.resolve("model.bin");
        ModelFile.write(model, file);
        return SmileModels.load(file);
    }

    private double[][] scores(Model model) {
        double[][] features = {sample.length(), sample.features()[3]};
        double[][] outputs = new double[model.description().outputs()][sample.rows()];
        model.scorer().score(features, sample.rows(), outputs);
        return outputs;
    }
}
