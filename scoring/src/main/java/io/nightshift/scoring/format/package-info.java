/// What every format of model files implements. Each format has a package of its own below this one, and one
/// line in [io.nightshift.scoring.ModelLoader].
@NullMarked
package io.nightshift.scoring.format;

import org.jspecify.annotations.NullMarked;
