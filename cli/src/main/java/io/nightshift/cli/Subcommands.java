package io.nightshift.cli;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The subcommands of a command, in the order in which `--help` lists them. [Main#commandLine] prepares only the
/// one that is called. Picocli would prepare all that its own annotation lists.
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Subcommands {

    /// Classes that have an annotation `@Command` with a name.
    Class<?>[] value();
}
