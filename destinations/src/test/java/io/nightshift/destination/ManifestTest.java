package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import org.junit.jupiter.api.Test;

class ManifestTest {

    @Test
    void supplementsAreCounted() {
        assertThat(Manifest.supplements("{\"supplements\": [{\"number\": 1}, {\"number\": 2}]}"))
                .isEqualTo(2);
        assertThat(Manifest.supplements("{\"batch\": \"flights-1\"}")).isZero();
    }

    @Test
    void aDamagedManifestIsAPermanentFailure() {
        assertThatThrownBy(() -> Manifest.supplements("{\"supplements\": ["))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessageStartingWith("the manifest can't be read: ");
    }
}
