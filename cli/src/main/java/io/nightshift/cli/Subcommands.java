package io.nightshift.cli;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The commands below a command, in the order of its help. Unlike those that picocli's annotation lists, only the
/// one that is called is prepared.
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Subcommands {

    /// Classes that have an annotation `@Command` with a name.
    Class<?>[] value();
}
