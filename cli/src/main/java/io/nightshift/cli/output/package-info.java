/// The output of commands: tables for people, JSON for programs.
@NullMarked
package io.nightshift.cli.output;

import org.jspecify.annotations.NullMarked;
