/// `nightshift model check`: compares a job's predictions with those of training.
@NullMarked
package io.nightshift.cli.check;

import org.jspecify.annotations.NullMarked;
