package io.nightshift.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/// A test that takes too long for each build. Maven runs it only with `-Dtest.excluded=none`, as the nightly
/// workflow does.
@Documented
@Tag("nightly")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface Nightly {

    /// The tests by which each build checks most of the same promise: each is `Class` or `Class.method`.
    String[] shortForm();
}
