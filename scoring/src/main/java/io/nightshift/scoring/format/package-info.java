/// The contract of the formats of model files. Each format has a package of its own below this one, and one
/// line in [io.nightshift.scoring.ModelLoader].
@NullMarked
package io.nightshift.scoring.format;

import org.jspecify.annotations.NullMarked;
