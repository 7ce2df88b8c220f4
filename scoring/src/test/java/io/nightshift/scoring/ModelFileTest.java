package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

    @TempDir
    Path folder;

    @Test
    void anImportedModelReadBackIsTheSame() {
        Model written = Model.load(Flights.resource("xgb100x6.ubj"));

        Model read = roundTrip(written);

        assertThat(read.description()).isEqualTo(written.description());
        assertThat(ModelFile.encode(read)).isEqualTo(ModelFile.encode(written));
    }

    @Test
    void aModelIsWrittenToTheSameBytesAsEver() throws NoSuchAlgorithmException {
        byte[] file = ModelFile.encode(Model.load(Flights.resource("xgb100x6.ubj")));

        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(file)))
                .isEqualTo("4cf9c4e220ebf69d173624e6f69ea9eab7e62f41329af4c3086eeddd0346003a");
    }

    private Model roundTrip(Model model) {
        Path file = folder.resolve("model.bin");
        ModelFile.write(model, file);
        return Model.load(file);
    }
}
