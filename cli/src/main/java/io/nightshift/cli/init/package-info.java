/// `nightshift init`: writes a job file for data and a model that already exist.
@NullMarked
package io.nightshift.cli.init;

import org.jspecify.annotations.NullMarked;
