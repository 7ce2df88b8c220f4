package io.nightshift.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/// A test that takes too long for each build. The nightly workflow runs it, and so does
/// `mvn -B verify -Dtest.excluded=none`.
@Documented
@Tag("nightly")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Nightly {

    /// The tests by which each build checks the same promise in a shorter form: each is `Class` or `Class.method`.
    String[] shortForm();
}
