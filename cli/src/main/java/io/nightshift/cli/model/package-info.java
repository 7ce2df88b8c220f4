/// `nightshift model`: the registry of models, their checks and comparison, and training.
@NullMarked
package io.nightshift.cli.model;

import org.jspecify.annotations.NullMarked;
