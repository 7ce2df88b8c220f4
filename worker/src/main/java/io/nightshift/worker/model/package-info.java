/// Models: importers for the training libraries' files, our own flat format, and training with
/// Smile. Smile is used in this package only.
@NullMarked
package io.nightshift.worker.model;

import org.jspecify.annotations.NullMarked;
