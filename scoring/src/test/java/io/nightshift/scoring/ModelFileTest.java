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
                .isEqualTo("1032d4944f2f4968f2695ee8bf27f15790908d31516163524793d0f4c2d31182");
    }

    private Model roundTrip(Model model) {
        Path file = folder.resolve("model.bin");
        ModelFile.write(model, file);
        return Model.load(file);
    }
}
